/**
 * Stacks as the constructs ask for: the template alone, nothing to upload first.
 *
 * @module
 */
import { type App, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { NoAssetSynthesizer } from "bentokit/cdk";

export interface StackTexts {
  readonly stackName: string;
  /** For people, in CloudFormation's list. */
  readonly description: string;
}

export function newStack(app: App, { stackName, description }: StackTexts): Stack {
  return new Stack(app, stackName, {
    stackName,
    description,
    // Its base class writes `string | undefined` where the interface has an optional member.
    synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
  });
}
