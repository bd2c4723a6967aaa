/**
 * What a stack has made and somebody else has deleted: CloudFormation does not look, and a change set that changes
 * nothing makes nothing again.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Desired } from "../adapter.ts";
import { stackState } from "../aws/stack-state.ts";
import type { LambdaObserved } from "./observed.ts";

/** The stack is done and has made this function, and the function or its alias is not there. */
export function hasVanished(
  { alias, stack }: Pick<LambdaObserved, "alias" | "stack">,
  functionName: string,
): boolean {
  return (
    alias === undefined &&
    stack !== undefined &&
    stack !== "not-asked" &&
    stackState(stack.status) === "standing" &&
    stack.spec?.settings.functionName === functionName
  );
}

/**
 * @throws BentoError BENTO_CONFLICT with the command that repairs it
 */
export function refuseVanished(
  { name, environment }: Pick<Desired, "name" | "environment">,
  observed: LambdaObserved,
  { functionName, serviceStack }: { readonly functionName: string; readonly serviceStack: string },
): void {
  if (!hasVanished(observed, functionName)) {
    return;
  }
  const what = `function ${functionName}`;
  const where = `stack ${serviceStack}, which has made it`;
  if (observed.function === undefined) {
    const flag = environment === "default" ? "" : ` --env ${environment}`;
    throw new BentoError("BENTO_CONFLICT", `${what} was deleted by hand`, {
      where,
      hint: `end the rest of it, then deploy again: bento deployment destroy ${name} --platform aws-lambda${flag}`,
    });
  }
  throw new BentoError("BENTO_CONFLICT", `the alias live of ${what} was deleted by hand`, {
    where,
    hint: `make it again, then deploy: aws lambda create-alias --region ${observed.region} --function-name ${functionName} --name live --function-version ${lastVersion(observed)}`,
  });
}

/** What had most of the traffic, as far as the record goes. */
function lastVersion({ recorded = {} }: LambdaObserved): string {
  const [most] = Object.entries(recorded).sort(([, a], [, b]) => b - a);
  return most?.[0] ?? "NUMBER";
}
