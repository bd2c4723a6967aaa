/**
 * Faults that a test asks for: answers that fail, resources that do not come up, a client that dies between two calls.
 *
 * @module
 */
import { type AwsCall, AwsFailure } from "./aws-call.ts";

/** An answer that fails. */
export interface CallFault {
  readonly service: string;
  /** @default every action of the service */
  readonly action?: string;
  /** The first call that fails, counted from 1 among those that fit, from now on. @default 1 */
  readonly nth?: number;
  /** How many fail. @default 1 */
  readonly times?: number;
  /** @default 400 */
  readonly status?: number;
  /** `ThrottlingException`, `ExpiredTokenException`, … */
  readonly code: string;
  /** @default the code */
  readonly message?: string;
}

/** A resource that CloudFormation does not get up. */
export interface ResourceFault {
  /** Logical id or type. */
  readonly resource: string;
  /** As the stack's events tell it. */
  readonly reason: string;
  /** @default any of them */
  readonly operation?: "create" | "update" | "delete";
  /** The first that fails, counted from 1 among those that fit, from now on. @default 1 */
  readonly nth?: number;
  /** @default 1 */
  readonly times?: number;
}

/** Something that happens right before or right after a call is carried out, before its answer goes out. */
export interface CallHook {
  /** @default any call of a client */
  readonly service?: string;
  readonly action?: string;
  /** Only calls that write. @default false */
  readonly writes?: boolean;
  /** Counted from 1 among those that fit, from now on. @default 1 */
  readonly nth?: number;
  /** @default "after": it is done, and nobody hears of it */
  readonly when?: "before" | "after";
  /** E.g. kills the client. The call is dropped afterwards: its connection is cut. */
  readonly kill: (call: AwsCall) => void | Promise<void>;
}

export type Fault = CallFault | ResourceFault | CallHook;

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** @returns what is to happen to a call of a client */
  forCall(call: AwsCall): CallPlan;
  /** @throws AwsFailure when the resource is to fail */
  forResource(resource: { logicalId: string; type: string; operation: string }): void;
}

export interface CallPlan {
  readonly failure?: AwsFailure;
  readonly hooks: readonly CallHook[];
}

export function faults(): Faults {
  const rules: { fault: Fault; seen: number }[] = [];
  const isDue = (rule: { fault: Fault; seen: number }, { nth = 1, times = 1 }) => {
    rule.seen += 1;
    return rule.seen >= nth && rule.seen < nth + times;
  };
  return {
    add: (fault) => rules.push({ fault, seen: 0 }),
    clear: () => rules.splice(0),
    forCall(call) {
      const hooks: CallHook[] = [];
      let failure: AwsFailure | undefined;
      for (const rule of rules) {
        const { fault } = rule;
        if ("kill" in fault && fits(fault, call) && isDue(rule, { nth: fault.nth ?? 1 })) {
          hooks.push(fault);
        } else if ("code" in fault && fits(fault, call) && isDue(rule, fault)) {
          failure = new AwsFailure(fault.code, fault.message ?? fault.code, fault.status ?? 400);
        }
      }
      return failure === undefined ? { hooks } : { hooks, failure };
    },
    forResource({ logicalId, type, operation }) {
      for (const rule of rules) {
        const { fault } = rule;
        if (
          "resource" in fault &&
          [logicalId, type].includes(fault.resource) &&
          (fault.operation ?? operation) === operation &&
          isDue(rule, fault)
        ) {
          throw new AwsFailure("GeneralServiceException", fault.reason);
        }
      }
    },
  };
}

function fits(
  { service, action, writes }: { service?: string; action?: string; writes?: boolean },
  call: AwsCall,
): boolean {
  return (
    (service ?? call.service) === call.service &&
    (action ?? call.action) === call.action &&
    (writes !== true || call.isWrite)
  );
}
