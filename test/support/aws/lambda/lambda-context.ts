/**
 * What Lambda's actions are given: the functions, where images come from, and what runs them.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import type { FunctionState } from "./function-state.ts";

export interface ResolvedImage {
  readonly imageUri: string;
  readonly digest: string;
}

export interface LambdaContext {
  readonly account: string;
  readonly region: string;
  /** By name. */
  readonly functions: Map<string, FunctionState>;
  /** By UUID. */
  readonly mappings: Map<string, Members>;
  /** By name. */
  readonly capacityProviders: Map<string, Members>;
  arnOf(name: string): string;
  /** @throws AwsFailure 404 when there is no such function */
  find(parameters: Members): { found: FunctionState; qualifier: string | undefined };
  /** @throws AwsFailure when Lambda could not pull it */
  resolveImage(imageUri: string): Promise<ResolvedImage>;
  /** Ends what runs for a function or a version of it. */
  stopProcesses(arn: string): void;
}
