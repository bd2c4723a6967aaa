import { describe, expect, it } from "vitest";
import { everyPolicy } from "../../../support/aws/every-policy.ts";
import { cfnLint, isCfnLintThere } from "../../../support/cfn-lint.ts";

/** Younger than what cfn-lint knows; AWS's service authorization reference has them. */
const YOUNG = ["ecs:ContinueServiceDeployment"];

const isSkipped = process.env["BENTO_TEST_NO_SKIP"] !== "1" && !isCfnLintThere();

async function lint(add: readonly string[] = []): Promise<string[]> {
  const policies = (await everyPolicy()).map(({ document }, index) => {
    const Statement = document.Statement.map((statement) => ({
      ...statement,
      Action: [...statement.Action.filter((action) => !YOUNG.includes(action)), ...add],
    }));
    const PolicyDocument = { ...document, Statement };
    return [`Policy${index}`, { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument } }];
  });
  return await cfnLint({ policies: JSON.stringify({ Resources: Object.fromEntries(policies) }) });
}

describe.skipIf(isSkipped)("printed policies", { timeout: 120_000 }, () => {
  it("have a grammar and actions that cfn-lint knows", async () => {
    expect(await lint()).toEqual([]);
  });

  it("would be found to have an action that does not exist", async () => {
    const said = await lint(["ecs:CreateNothing"]);
    expect(new Set(said.map((line) => /[EW]\d{4}/.exec(line)?.[0]))).toEqual(new Set(["W3037"]));
  });
});
