/**
 * A CDK app of log groups: small, and CloudFormation has all that a deploy may meet to do with it.
 *
 * @module
 */
import { App, CfnOutput, type IStackSynthesizer, RemovalPolicy, Stack, Tags } from "aws-cdk-lib";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { SynthesizedApp } from "../../../adapters/aws/prepare-change-set.ts";
import { NoAssetSynthesizer } from "../../../infra/no-asset-synthesizer.ts";

export interface SmallApp {
  /** Log groups by construct id. Another name is another group; days of retention change in place. */
  readonly stackName: string;
  readonly groups: Readonly<Record<string, { readonly name: string; readonly days?: number }>>;
  /** @default "iris" */
  readonly bentoName?: string;
  /** Whether the groups stay when they are removed. @default false */
  readonly isRetained?: boolean;
}

export function smallApp(app: SmallApp): (outdir: string) => Promise<SynthesizedApp> {
  return async (outdir) => {
    const root = new App({ outdir, analyticsReporting: false });
    const stack = new Stack(root, app.stackName, {
      synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
    });
    Tags.of(stack).add("bento:name", app.bentoName ?? "iris");
    stack.templateOptions.metadata = { bentokit: { constructs: 1 } };
    for (const [id, { name, days = 7 }] of Object.entries(app.groups)) {
      const group = new LogGroup(stack, id, {
        logGroupName: name,
        retention: days,
        removalPolicy: app.isRetained === true ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
      new CfnOutput(stack, `${id}Name`, { value: group.logGroupName });
    }
    return root.synth();
  };
}
