/**
 * Stacks of log groups at the loopback AWS: each test deploys to one of its own.
 *
 * @module
 */
import { type DeployStackOptions, deployStack } from "../../../adapters/aws/deploy-stack.ts";
import type { AwsSession } from "../../../adapters/aws/session.ts";
import type { ProgressEvent } from "../../../core/progress.ts";
import { type SmallApp, smallApp } from "./small-app.ts";

export interface StackStand {
  /** Options of a deploy of some log groups, of one with days of retention. */
  options(app: Omit<SmallApp, "stackName">, more?: Partial<DeployStackOptions>): DeployStackOptions;
  deploy: (
    session: AwsSession,
    app: Omit<SmallApp, "stackName">,
    more?: Partial<DeployStackOptions>,
  ) => ReturnType<typeof deployStack>;
  /** What was told so far, without durations. */
  readonly told: string[];
}

export function stackStand(stackName: string, home: string): StackStand {
  const told: string[] = [];
  const stand: StackStand = {
    told,
    options: (app, more = {}) => ({
      synthesize: smallApp({ stackName, ...app }),
      stackName,
      bentoName: "iris",
      changeSetName: "bento-0123456789ab",
      expected: [],
      home,
      pollMs: 5,
      onProgress: (event) => told.push(lineOf(event)),
      ...more,
    }),
    deploy: (session, app, more) => deployStack(session, stand.options(app, more)),
  };
  return stand;
}

function lineOf(event: ProgressEvent): string {
  if (event.kind === "notice") {
    return `! ${event.message}`;
  }
  if (event.kind === "step-start") {
    return `> ${event.step}`;
  }
  return event.kind === "step-end"
    ? `= ${[event.step, event.detail].filter(Boolean).join(" ")}`
    : `  ${event.step}`;
}
