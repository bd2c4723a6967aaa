/**
 * Events as AWS documents them, and an app that says what it was asked.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Service } from "../../../core/service.ts";
import {
  type AnswerEventOptions,
  answerEvents,
  type EventAnswer,
} from "../../../handler/lambda/answer-event.ts";
import { type AppRequest, askApp } from "../../../handler/lambda/ask-app.ts";
import type { RecordedLog } from "../../support/record-log.ts";
import { testApp } from "../../support/test-app.ts";

/** @param name - of a file in events/ */
export async function eventFixture(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(new URL(`./events/${name}.json`, import.meta.url), "utf8"));
}

export interface EventStand {
  readonly seen: AppRequest[];
  readonly log: RecordedLog;
  /** @param event - JSON, or a text as it is */
  answer(event: unknown, deadlineAt?: number): Promise<EventAnswer>;
}

/** A clock that stands at 1,000,000; deadlines are a minute later. */
export function eventStand(
  service: Service,
  options: Partial<AnswerEventOptions> = {},
): EventStand {
  const { app, log } = testApp(service);
  const seen: AppRequest[] = [];
  const ask = askApp(app);
  const answer = answerEvents({
    definition: service.definition,
    ask: (request) => {
      seen.push(request);
      return ask(request);
    },
    log,
    queueApi: undefined,
    isStreaming: false,
    now: () => 1_000_000,
    ...options,
  });
  return {
    seen,
    log,
    answer: (event, deadlineAt = 1_060_000) =>
      answer({
        requestId: "lambda-1",
        deadlineAt,
        traceId: "Root=1-5bef4de7",
        event: Buffer.from(typeof event === "string" ? event : JSON.stringify(event)),
      }),
  };
}
