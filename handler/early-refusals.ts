/**
 * Turns callers away before anything is made of their request: where the queue that an api depends on would refuse them,
 * they get the answer that they would have got, and are counted and logged as they would have been, at a tenth of the cost.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Gate, Refused } from "./gate.ts";
import { overloadAnswer } from "./http-error.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { LoopDelay } from "./loop-delay.ts";
import type { Refusal } from "./port/send-refusal.ts";
import type { RequestEdge } from "./request-edge.ts";

export interface EarlyRefusals {
  /** @param route - path of an api, as it stands in requests */
  add(route: string, gate: Gate): void;
  /** The answer for a caller who is turned away; undefined for one whose request is to be read. */
  refuse(incoming: IncomingMessage): Refusal | undefined;
}

export interface EarlyRefusalsOptions {
  readonly edge: RequestEdge;
  readonly lifecycle: Lifecycle;
  readonly delay: LoopDelay;
}

export function createEarlyRefusals(options: EarlyRefusalsOptions): EarlyRefusals {
  const { edge, lifecycle, delay } = options;
  const gates = new Map<string, Gate>();
  let last: { readonly refused: Refused; readonly answer: Refusal } | undefined;
  const answerFor = (refused: Refused) => {
    if (last?.refused !== refused) {
      const { status, body, headers } = overloadAnswer(refused);
      last = { refused, answer: { status, body, headers: Object.entries(headers).flat() } };
    }
    return last.answer;
  };
  return {
    add: (route, gate) => void gates.set(route, gate),
    refuse(incoming) {
      const { method, url: route = "" } = incoming;
      const gate = gates.get(route);
      if (gate === undefined || method !== "POST" || !lifecycle.hasRoom) {
        return undefined;
      }
      const refused = gate.refuse(delay.arrivedAt());
      if (refused === undefined) {
        return undefined;
      }
      const given = incoming.headers["x-request-id"];
      const givenId = typeof given === "string" ? given : undefined;
      const open = edge.open({ route, givenId, method, path: route });
      const { status, body, headers } = answerFor(refused);
      const own = open.close(status);
      const all = [...headers];
      for (const name in own) {
        all.push(name, own[name] ?? "");
      }
      return { status, body, headers: all };
    },
  };
}
