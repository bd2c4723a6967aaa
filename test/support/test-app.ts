/**
 * An app around a service, with everything that varies held still.
 *
 * @module
 */
import type { Service } from "../../core/service.ts";
import { type App, type AppOptions, createApp } from "../../handler/app.ts";
import { type RecordedLog, recordLog } from "./record-log.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface TestApp {
  readonly app: App;
  readonly log: RecordedLog;
  /** Sends JSON, or a text as it is. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Answer>;
}

export function testApp(service: Service, options: Partial<AppOptions> = {}): TestApp {
  const log = recordLog();
  let requests = 0;
  const app = createApp({
    definition: service.definition,
    runners: {},
    runtime: { name: "test", version: "v1", models: { iris: { tag: "iris:v2" } } },
    log,
    clock: { now: () => 0 },
    newRequestId: () => {
      requests += 1;
      return `request-${requests}`;
    },
    ...options,
  });
  return {
    app,
    log,
    async post(path, body, init = {}) {
      const response = await app.hono.request(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
      });
      return { status: response.status, body: await response.json() };
    },
  };
}
