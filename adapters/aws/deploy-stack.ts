/**
 * Brings one stack of a CDK app to what the app says: prepared as a change set, compared with what the plan announced,
 * then executed. What the plan did not announce is not done.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { OnProgress } from "../../core/progress.ts";
import type { AwsSession } from "./session.ts";

/** A change of one resource, as a plan announces it and as a change set holds it. */
export interface ExpectedChange {
  /** In the template. @default any of the type */
  readonly logicalId?: string | undefined;
  /** E.g. `AWS::Lambda::Function`. */
  readonly resourceType: string;
  readonly action: "Add" | "Modify" | "Remove";
  /** Whether it is made anew and the old one deleted. @default false */
  readonly isReplacement?: boolean | undefined;
}

/** What `App.synth()` returns; the folder holds the templates. */
export interface SynthesizedApp {
  readonly directory: string;
}

/** How long waits last; for tests and for slow resources. */
export interface StackWaiting {
  /** Longest wait for CloudFormation, in milliseconds. @default an hour */
  readonly deadlineMs?: number | undefined;
  /** Pause before the second look, in milliseconds; grows to ten times that. @default 500 */
  readonly pollMs?: number | undefined;
}

export interface DeployStackOptions extends StackWaiting {
  /** Builds the app and synthesises it into the folder, e.g. `async (outdir) => { …; return app.synth(); }`. */
  readonly synthesize: (outdir: string) => Promise<SynthesizedApp>;
  readonly stackName: string;
  /** The bento that the stack is of: one labelled with another is never changed. */
  readonly bentoName: string;
  /** E.g. `bento-` and 12 digits of the plan's hash. */
  readonly changeSetName: string;
  /** Replacements and removals that are not among them make the plan stale. */
  readonly expected: readonly ExpectedChange[];
  /** The plan said: delete a stack whose creation failed, and create it. @default false */
  readonly isReplaceAnnounced?: boolean | undefined;
  /** BENTO_HOME: files of the CDK go into a folder of this, removed afterwards. Absolute. */
  readonly home: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface DeployedStack {
  /** Its ARN. */
  readonly id: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** False when there was nothing to do. */
  readonly isChanged: boolean;
}

/**
 * @throws BentoError BENTO_STALE_PLAN when the change set holds what was not announced, BENTO_CONFLICT when the stack is
 * another bento's or somebody else deploys it, BENTO_UNHEALTHY when a resource failed and the stack was rolled back,
 * BENTO_ROLLBACK_FAILED when that failed too, BENTO_UNREACHABLE, BENTO_MISSING_PEER
 */
export async function deployStack(
  session: AwsSession,
  options: DeployStackOptions,
): Promise<DeployedStack> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${options.stackName}`);
}
