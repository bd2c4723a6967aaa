/**
 * Feature flags of aws-cdk-lib change what a construct makes. Ours give one template whatever flags an app has set, so
 * that a bento is the same in every app and an app may change its flags.
 *
 * @module
 */
import type { IConstruct } from "constructs";

/** Those that reach what our constructs make; on, as CDK recommends. */
const FLAGS = [
  "@aws-cdk/aws-lambda:recognizeLayerVersion",
  "@aws-cdk/aws-lambda:recognizeVersionProps",
];

/** Call it first in a constructor: a construct with children takes no context any more. */
export function pinFlags(construct: IConstruct): void {
  for (const flag of FLAGS) {
    construct.node.setContext(flag, true);
  }
}
