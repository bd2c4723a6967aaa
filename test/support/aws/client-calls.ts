/**
 * Calls of clients: each is written down, and meets the faults that a test asked for before and after it is carried out.
 *
 * @module
 */
import { type AwsCall, isWrite, type Members } from "./aws-call.ts";
import type { CallPlan, Faults } from "./faults.ts";

/** A call whose client is gone: nothing is answered, its connection is cut. */
export class DroppedCall extends Error {}

export interface ClientCalls {
  readonly calls: readonly AwsCall[];
  clear(): void;
  /**
   * Carries a call out.
   *
   * @throws DroppedCall where a test wants nobody to hear of it; AwsFailure where it wants that
   */
  take<Result>(
    call: { service: string; action: string; parameters: Members },
    perform: (call: AwsCall) => Promise<Result>,
  ): Promise<Result>;
}

export function clientCalls(faults: Faults): ClientCalls {
  const calls: AwsCall[] = [];
  return {
    calls,
    clear: () => calls.splice(0),
    async take(given, perform) {
      const call: AwsCall = { ...given, isWrite: isWrite(given.action) };
      calls.push(call);
      const plan = faults.forCall(call);
      await happen(plan, "before", call);
      if (plan.failure !== undefined) {
        throw plan.failure;
      }
      const [settled] = await Promise.allSettled([perform(call)]);
      await happen(plan, "after", call);
      if (settled.status === "rejected") {
        throw settled.reason;
      }
      return settled.value;
    },
  };
}

async function happen(plan: CallPlan, when: "before" | "after", call: AwsCall): Promise<void> {
  const hooks = plan.hooks.filter((hook) => (hook.when ?? "after") === when);
  for (const hook of hooks) {
    await hook.kill(call);
  }
  if (hooks.length > 0) {
    throw new DroppedCall();
  }
}
