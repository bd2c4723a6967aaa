/**
 * Answers events by a function of the test, for tests that deploy often and run nothing.
 *
 * @module
 */
import { membersOf } from "../members.ts";
import { type AskLogs, type FunctionLog, functionLog } from "./function-log.ts";
import type { Invocation, Invoker, Outcome } from "./invoke.ts";

/** What a test sees of the version that is invoked. */
export interface InvokedVersion {
  readonly functionName: string;
  readonly version: string;
  readonly imageUri: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Writes a line to the function's log. */
  log(line: string): void;
}

/** Gives the payload, or throws: then the caller sees a function error with the message. */
export type InvokeFunction = (event: unknown, version: InvokedVersion) => unknown;

export function functionInvoker(answer: InvokeFunction, askLogs: AskLogs): Invoker {
  const logs = new Map<string, FunctionLog>();
  return {
    async invoke(invocation) {
      const { found, version, requestId } = invocation;
      const key = `${found.arn}:${version.version}`;
      const log = logs.get(key) ?? functionLog(found, version, askLogs);
      logs.set(key, log);
      const lines = [`START RequestId: ${requestId} Version: ${version.version}`];
      const outcome = await outcomeOf(invocation, answer, lines);
      lines.push(`END RequestId: ${requestId}`, `REPORT RequestId: ${requestId}`);
      await log.write(lines);
      return { ...outcome, log: `${lines.join("\n")}\n` };
    },
    stop() {},
    async [Symbol.asyncDispose]() {},
  };
}

async function outcomeOf(
  { found, version, payload }: Invocation,
  answer: InvokeFunction,
  lines: string[],
): Promise<Outcome> {
  const { imageUri, digest, settings } = version;
  const variables = membersOf(membersOf(settings, "Environment"), "Variables");
  const seen: InvokedVersion = {
    functionName: found.name,
    version: version.version,
    imageUri,
    digest,
    environment: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, String(value)]),
    ),
    log: (line) => lines.push(line),
  };
  try {
    const result = await answer(JSON.parse(payload), seen);
    return { payload: JSON.stringify(result ?? null) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const failure = { errorMessage: message, errorType: name, trace: [] };
    return { payload: JSON.stringify(failure), error: "Unhandled" };
  }
}
