/**
 * Answers events by a function of the test, for tests that deploy often and run nothing.
 *
 * @module
 */
import type { Invoker } from "./invoke.ts";

/** What a test sees of the version that is invoked. */
export interface InvokedVersion {
  readonly functionName: string;
  readonly version: string;
  readonly imageUri: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Gives the payload, or throws: then the caller sees a function error with the message. */
export type InvokeFunction = (event: unknown, version: InvokedVersion) => unknown;

export function functionInvoker(answer: InvokeFunction): Invoker {
  return {
    async invoke({ found, version, payload, requestId }) {
      const { imageUri, digest, settings } = version;
      const variables = (settings["Environment"] as { Variables?: Record<string, string> })
        ?.Variables;
      const seen = {
        functionName: found.name,
        version: version.version,
        imageUri,
        digest,
        environment: variables ?? {},
      };
      const log = `START RequestId: ${requestId} Version: ${version.version}\nEND RequestId: ${requestId}\n`;
      try {
        const result = await answer(JSON.parse(payload), seen);
        return { payload: JSON.stringify(result ?? null), log };
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        const failure = { errorMessage: message, errorType: name, trace: [] };
        return { payload: JSON.stringify(failure), error: "Unhandled", log };
      }
    },
    stop() {},
    async [Symbol.asyncDispose]() {},
  };
}
