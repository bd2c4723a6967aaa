import { describe, expect, it } from "vitest";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import { synthesize } from "../support/cdk/synthesize.ts";
import { addVariantStacks } from "../support/cdk/variants/variant-stacks.ts";
import { cfnLint, isCfnLintThere } from "../support/cfn-lint.ts";

const isSkipped = process.env["BENTO_TEST_NO_SKIP"] !== "1" && !isCfnLintThere();

describe.skipIf(isSkipped)("cfn-lint", { timeout: 120_000 }, () => {
  it("finds nothing in the templates of infra/app", async () => {
    expect(await cfnLint((await synthesize(addIrisStacks)).texts)).toEqual([]);
  });

  it("finds nothing in every construct with what is not its default", async () => {
    expect(await cfnLint((await synthesize(addVariantStacks)).texts)).toEqual([]);
  });

  it("would find a property that does not exist", async () => {
    const bad = { Resources: { Logs: { Type: "AWS::Logs::LogGroup", Properties: { Color: 1 } } } };
    const said = await cfnLint({ bad: JSON.stringify(bad) });
    expect(said.map((line) => /E\d{4}/.exec(line)?.[0])).toEqual(["E3002"]);
  });
});
