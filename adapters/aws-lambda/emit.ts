/**
 * Writes a CDK app that is the user's own from then on, and the CloudFormation that it gives, for who uses no CDK.
 *
 * @module
 */
import type { LambdaTemplates } from "../../infra/lambda-app.ts";
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";
import type { EmittedFile, Peer } from "../adapter.ts";
import { cdkAppFiles } from "../aws/cdk-app-files.ts";
import { appSource } from "./app-source.ts";
import { emittedReadme } from "./emitted-readme.ts";

export interface EmitInput {
  readonly target: LambdaAppSpec;
  readonly templates: LambdaTemplates;
  readonly peers: readonly Peer[];
  /** Version of this package that the app depends on. */
  readonly bentokitVersion: string;
}

/** The files of the app. The same input always gives the same bytes. */
export function emittedFiles({ target, ...rest }: EmitInput): EmittedFile[] {
  const name = target.serviceStack;
  return cdkAppFiles({ ...rest, name, readme: emittedReadme(target), source: appSource(target) });
}
