import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeployContext, Finding } from "../../../adapters/adapter.ts";
import { accessOf, lambdaDeployPolicy } from "../../../adapters/aws-lambda/access.ts";
import { checkLambda } from "../../../adapters/aws-lambda/check.ts";
import { AwsLambdaOptions } from "../../../adapters/aws-lambda/options.ts";
import { simulatingIam } from "../../support/aws/simulating-iam.ts";
import { type LoopbackAws, startAws } from "../../support/aws/start-aws.ts";
import { REPOSITORY } from "../../support/sources.ts";
import { skipWithout } from "../../support/tools.ts";

const PLACE = { partition: "aws", account: "123456789012", region: "eu-west-1" };

function contextOf(options: object = {}): DeployContext {
  return {
    environment: "default",
    name: "iris",
    details: undefined,
    options: AwsLambdaOptions.parse(options),
    home: "/nowhere",
    projectDirectory: REPOSITORY,
    ambient: {},
    onProgress: () => {},
  };
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("checkLambda", () => {
  let aws: LoopbackAws;

  beforeAll(async () => {
    aws = await startAws({
      invoke: () => ({}),
      services: [simulatingIam],
    });
  }, 60_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws?.[Symbol.asyncDispose]();
  });

  async function look(
    environment: Readonly<Record<string, string>>,
    options: object = {},
  ): Promise<Finding[]> {
    for (const [name, value] of Object.entries({ ...aws.environment, ...environment })) {
      vi.stubEnv(name, value);
    }
    aws.clearCalls();
    const findings = await Array.fromAsync(checkLambda(contextOf(options)));
    expect(aws.calls.filter(({ isWrite }) => isWrite)).toEqual([]);
    return findings;
  }

  const policy = lambdaDeployPolicy(
    accessOf({ name: "iris", bento: "iris", options: AwsLambdaOptions.parse({}) }, PLACE),
  );
  const statement = (Action: string[]) => ({ Sid: "Look", Effect: "Allow", Action, Resource: "*" });
  const LOOKS = ["iam:SimulatePrincipalPolicy", "lambda:GetAccountSettings"];

  it("finds nothing in the way of who has the printed policy", async () => {
    const document = { ...policy, Statement: [...policy.Statement, statement(LOOKS)] };
    expect(await look(aws.withPolicy(document))).toEqual([
      expect.objectContaining({ check: "credentials", state: "fine" }),
      { check: "region", state: "fine", summary: "eu-west-1, account 123456789012" },
      {
        check: "stack bento-registry-iris",
        state: "fine",
        summary: "not there yet: a deploy makes it",
      },
      { check: "stack bento-iris", state: "fine", summary: "not there yet: a deploy makes it" },
      {
        check: "repository bento/iris",
        state: "fine",
        summary: "not there yet: a deploy makes it",
      },
      expect.objectContaining({ check: "concurrency", state: "fine" }),
      expect.objectContaining({
        check: "permissions",
        state: "fine",
        summary: expect.stringMatching(/^\d+ actions allowed$/),
      }),
    ]);
  });

  it("names what is not allowed, and the command that prints what is needed", async () => {
    const without = policy.Statement.filter(({ Sid }) => Sid !== "PassRoles");
    const document = { ...policy, Statement: [...without, statement(LOOKS)] };
    const findings = await look(aws.withPolicy(document));
    expect(findings.at(-1)).toEqual({
      check: "permissions",
      state: "problem",
      summary: "not allowed: iam:PassRole on arn:aws:iam::123456789012:role/bento-iris-Bento*",
      hint: "let an administrator allow what bento deployment policy iris --platform aws-lambda prints",
    });
  });

  it("warns of what it may not look at", async () => {
    const findings = await look(aws.withPolicy(policy));
    expect(findings.filter(({ state }) => state !== "fine")).toEqual([
      {
        check: "concurrency",
        state: "warning",
        summary: "not looked at: not allowed: lambda:GetAccountSettings",
        hint: "a deploy does not need it; allow lambda:GetAccountSettings to have this looked at",
      },
      {
        check: "permissions",
        state: "warning",
        summary: expect.stringMatching(/^not looked at: not allowed: iam:SimulatePrincipalPolicy/),
        hint: "a deploy does not need it; allow iam:SimulatePrincipalPolicy to have this looked at",
      },
    ]);
  });

  it("says what is wrong with account, quota, role and boundary", async () => {
    const other = await look({}, { account: "999999999999" });
    expect(other).toEqual([
      expect.objectContaining({
        check: "credentials",
        state: "problem",
        summary: "the credentials are of account 123456789012, not of 999999999999",
      }),
    ]);
    const findings = await look(
      {},
      {
        reservedConcurrency: 5000,
        role: "arn:aws:iam::123456789012:role/absent",
        permissionsBoundary: "arn:aws:iam::123456789012:policy/absent",
      },
    );
    expect(
      findings.filter(({ state }) => state === "problem").map(({ summary }) => summary),
    ).toEqual([
      expect.stringMatching(/reservedConcurrency 5000 would leave fewer than 100$/),
      "arn:aws:iam::123456789012:policy/absent is not there",
      "arn:aws:iam::123456789012:role/absent is not there",
    ]);
  });
});
