/**
 * Some values are known only to CloudFormation, when it deploys: the library passes them about as tokens.
 *
 * @module
 */
import { Token } from "aws-cdk-lib";

/** The value, undefined when it is not known yet. */
export function known<Value>(value: Value | undefined): Value | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}
