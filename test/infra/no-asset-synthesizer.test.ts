import { join } from "node:path";
import { App, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, it } from "vitest";
import { NoAssetSynthesizer } from "../../infra/no-asset-synthesizer.ts";
import { tempDir } from "../support/temp-dir.ts";

function newStack(outdir: string): { app: App; stack: Stack } {
  const app = new App({ outdir });
  const synthesizer = new NoAssetSynthesizer() as IStackSynthesizer;
  return { app, stack: new Stack(app, "Shop", { synthesizer }) };
}

describe("NoAssetSynthesizer", () => {
  it("asks for no bootstrap, no role and no upload", async () => {
    await using directory = await tempDir();
    const { app, stack } = newStack(directory.path);
    new Bucket(stack, "Bucket");
    const artifact = app.synth().getStackByName("Shop");
    expect({
      assumeRoleArn: artifact.assumeRoleArn,
      executionRole: artifact.cloudFormationExecutionRoleArn,
      bootstrap: artifact.requiresBootstrapStackVersion,
      upload: artifact.stackTemplateAssetObjectUrl,
      rules: artifact.template.Rules,
      parameters: artifact.template.Parameters,
    }).toEqual({});
  });

  it("fails with anything that would have to be uploaded", async () => {
    await using directory = await tempDir();
    const { stack } = newStack(join(directory.path, "out"));
    const code = Code.fromAsset(join(import.meta.dirname, "golden"));
    const make = () =>
      new LambdaFunction(stack, "Function", {
        runtime: Runtime.NODEJS_22_X,
        handler: "index.handler",
        code,
      });
    expect(make).toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: expect.stringMatching(/^the file asset \S+ would have to be uploaded first$/),
        where: "stack Shop",
        hint: "leave it out, or give the stack another synthesizer and run cdk bootstrap",
      }),
    );
  });
});
