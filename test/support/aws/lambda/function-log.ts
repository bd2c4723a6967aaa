/**
 * Where functions log to: streams of their log group in CloudWatch Logs, made as Lambda makes them.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Members } from "../aws-call.ts";
import { membersOf, textOf } from "../members.ts";
import type { FunctionState, VersionState } from "./function-state.ts";

export interface FunctionLog {
  /** `/aws/lambda/iris` */
  readonly group: string;
  /** `2026/11/21/[3]0f…` */
  readonly stream: string;
  /** Lines in their order. Resolves once they can be read; never fails. */
  write(lines: readonly string[]): Promise<void>;
}

/** Asks CloudWatch Logs. */
export type AskLogs = (action: string, parameters: Members) => Promise<Members>;

/** A log stream of its own for what runs a version. */
export function functionLog(
  { name }: FunctionState,
  { version, settings }: VersionState,
  ask: AskLogs,
): FunctionLog {
  const group = textOf(membersOf(settings, "LoggingConfig"), "LogGroup") ?? `/aws/lambda/${name}`;
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
  const stream = `${day}/[${version}]${randomUUID().replaceAll("-", "")}`;
  const names = { logGroupName: group, logStreamName: stream };
  let before = Promise.resolve();
  const make = async () => {
    await ask("CreateLogGroup", { logGroupName: group }).catch(() => {}); // there already
    await ask("CreateLogStream", names).catch(() => {});
  };
  let isMade = false;
  const put = async (lines: readonly string[]) => {
    if (!isMade) {
      isMade = true;
      await make();
    }
    const timestamp = Date.now();
    const logEvents = lines.map((message) => ({ timestamp, message }));
    await ask("PutLogEvents", { ...names, logEvents });
  };
  return {
    group,
    stream,
    write(lines) {
      before = before.then(async () => {
        if (lines.length > 0) {
          await put(lines).catch(() => {});
        }
      });
      return before;
    },
  };
}
