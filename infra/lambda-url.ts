/**
 * A URL of the function's own, at the alias. Who may call it is always spelled out.
 *
 * @module
 */

import {
  type Alias,
  FunctionUrl,
  FunctionUrlAuthType,
  type FunctionUrlCorsOptions,
  type IFunction,
  InvokeMode,
} from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

export interface BentoUrlProps {
  /** `iam`: callers who sign and are granted to by `grantInvokeUrl`. `public`: everybody on the internet. */
  readonly auth: "iam" | "public";
  /**
   * Sends answers as they are made, up to 200 MB. The function then answers every HTTP event so, also those of an API
   * Gateway or a load balancer, which cannot take it.
   * @default false - whole answers of at most 6 MB
   */
  readonly streaming?: boolean;
  /**
   * Which pages of other sites may call it.
   * @default - none
   */
  readonly cors?: FunctionUrlCorsOptions;
}

/** A child of `scope`: the URL, with both permissions where it is public. */
export function makeUrl(
  scope: Construct,
  alias: Alias,
  { auth, streaming = false, cors }: BentoUrlProps,
): FunctionUrl {
  return new FunctionUrl(scope, "Url", {
    // Its base class writes `string | undefined` where the interface has an optional member.
    function: alias as IFunction,
    authType: auth === "public" ? FunctionUrlAuthType.NONE : FunctionUrlAuthType.AWS_IAM,
    ...(streaming ? { invokeMode: InvokeMode.RESPONSE_STREAM } : {}),
    ...(cors === undefined ? {} : { cors }),
  });
}

/** Not every caller's compiler has seen the type. */
export function urlProblems({ auth }: Partial<BentoUrlProps>): string[] {
  return auth === "iam" || auth === "public"
    ? []
    : [`auth ${JSON.stringify(auth)} of the url: "iam" or "public", it has no default`];
}
