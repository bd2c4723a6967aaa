/**
 * The policies that are compared, by the names that the report gives them.
 *
 * @module
 */
import type { PolicyFactory } from "../policy.ts";
import { corkPolicy } from "./cork.ts";
import { production } from "./production.ts";
import {
  additiveIncrease,
  controlLimit,
  dropOldest,
  earlyDrop,
  enqueueWindow,
  firstPollWindow,
  greedy,
  unbatched,
} from "./rules.ts";

export const POLICIES = {
  ours: production,
  none: unbatched,
  greedy,
  cork: corkPolicy,
  "early-drop": earlyDrop,
  "drop-oldest": dropOldest,
  aimd: additiveIncrease,
  "control-limit": controlLimit,
  "window-1": enqueueWindow(1),
  "window-5": enqueueWindow(5),
  "window-20": enqueueWindow(20),
  "poll-10": firstPollWindow(10),
  "poll-50": firstPollWindow(50),
} as const satisfies Record<string, PolicyFactory>;

export type PolicyName = keyof typeof POLICIES;

export const POLICY_NAMES: readonly PolicyName[] = [
  "ours",
  "none",
  "greedy",
  "cork",
  "early-drop",
  "drop-oldest",
  "aimd",
  "control-limit",
  "window-1",
  "window-5",
  "window-20",
  "poll-10",
  "poll-50",
];

/** Where not all are run. */
export const MAIN_POLICIES: readonly PolicyName[] = [
  "ours",
  "none",
  "greedy",
  "cork",
  "early-drop",
];
