/**
 * Reads a CloudFormation stack as it stands: its state, its labels and the template that it was made from.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { AwsSession } from "./session.ts";

export interface ObservedStack {
  /** Its ARN: another one after delete and create. */
  readonly id: string;
  readonly name: string;
  /** As CloudFormation says, e.g. `UPDATE_COMPLETE`. */
  readonly status: string;
  /** Why, where CloudFormation says. */
  readonly statusReason: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  /** Parsed from JSON or YAML; empty when it has none, as one under review. */
  readonly template: ObservedTemplate;
}

export interface ObservedTemplate {
  readonly Metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly Resources?: Readonly<Record<string, ObservedResource>> | undefined;
}

export interface ObservedResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>> | undefined;
}

export interface ReadStackOptions {
  /**
   * Undefined in place of an error where the caller may not look.
   *
   * @default false
   */
  readonly isDenialAbsence?: boolean | undefined;
}

/**
 * @returns undefined where there is none, also when it was deleted
 * @throws BentoError BENTO_UNREACHABLE
 */
export async function readStack(
  session: AwsSession,
  name: string,
  options: ReadStackOptions = {},
): Promise<ObservedStack | undefined> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${name} ${options}`);
}
