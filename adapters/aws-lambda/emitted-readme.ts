/**
 * What the README of an emitted CDK app says of a function.
 *
 * @module
 */
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";
import { emittedReadme as readmeOf } from "../aws/emitted-readme.ts";

/** Markdown. */
export function emittedReadme(target: LambdaAppSpec): string {
  return readmeOf({
    ...target,
    tag: target.image.tag,
    place: "AWS Lambda",
    imageDigest: target.image.digest,
    becomes: `the function \`${target.settings.functionName}\` behind the alias \`live\`. No bootstrap is needed, nothing is public.`,
    noun: "function",
  });
}
