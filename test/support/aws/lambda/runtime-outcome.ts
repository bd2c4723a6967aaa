/**
 * What Lambda makes of an answer, or of the lack of one.
 *
 * @module
 */
import type { Invoked } from "../../runtime-api-server.ts";
import { isMembers } from "../members.ts";
import type { Outcome } from "./invoke.ts";

/** An answer of the Runtime API, the status that the process ended with, or that time was up. */
export type Ended = Invoked | number | "late";

/** @param initError - what the runtime said of its start, if it failed */
export function outcomeOf(
  invoked: Ended,
  { requestId, seconds, initError }: { requestId: string; seconds: number; initError: unknown },
): Outcome {
  if (invoked === "late") {
    const message = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
    return failure("Sandbox.Timedout", message);
  }
  if (typeof invoked === "number") {
    return isMembers(initError)
      ? { payload: JSON.stringify(initError), error: "Unhandled" }
      : failure(
          "Runtime.ExitError",
          `RequestId: ${requestId} Error: Runtime exited with error: exit status ${invoked}`,
        );
  }
  switch (invoked.kind) {
    case "answer":
      return { payload: invoked.body };
    case "stream":
      return { payload: invoked.body.toString("utf8") };
    case "error":
      return {
        payload: JSON.stringify(invoked.body ?? { errorType: invoked.errorType }),
        error: "Unhandled",
      };
    case "refused":
      return failure("Runtime.Unknown", `RequestId: ${requestId} Error: no poll is idle`);
  }
}

/** After these Lambda starts the function anew. */
export function isFatal(payload: string): boolean {
  return /"errorType":"(?:Sandbox\.Timedout|Runtime\.ExitError)"/.test(payload);
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { payload: JSON.stringify({ errorType, errorMessage }), error: "Unhandled" };
}
