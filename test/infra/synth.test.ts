import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { addIrisStacks } from "../../infra/app/iris-stacks.ts";
import { readAssembly, synthesize, Template } from "../support/cdk/synthesize.ts";
import { templateProblems } from "../support/cdk/template-problems.ts";
import { addVariantStacks } from "../support/cdk/variants/variant-stacks.ts";
import { REPOSITORY } from "../support/sources.ts";
import { tempDir } from "../support/temp-dir.ts";

const recommended: Readonly<Record<string, unknown>> = JSON.parse(
  await readFile(
    join(REPOSITORY, "node_modules/aws-cdk-lib/recommended-feature-flags.json"),
    "utf8",
  ),
);
const off = Object.fromEntries(Object.keys(recommended).map((flag) => [flag, false]));
/** Flags that change what an app says of its own imports and region, and so have the same value on both sides. */
const APPS_OWN = [
  "@aws-cdk/aws-iam:importedRoleStackSafeDefaultPolicyName",
  "@aws-cdk/core:enablePartitionLiterals",
];
const plain = await synthesize(addIrisStacks);
const stacks = Object.entries(plain.texts).map(([name, text]) => ({ name, text }));

/** As in a shell of a fresh clone: npx puts the project's programs on the path. */
async function cdk(...argv: string[]): Promise<{ stdout: string; stderr: string }> {
  const bin = join(REPOSITORY, "node_modules", ".bin");
  return promisify(execFile)(join(bin, "cdk"), argv, {
    cwd: REPOSITORY,
    env: {
      PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: process.env["HOME"],
      // no account, and nobody who would give one
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
  });
}

describe("npx cdk synth", () => {
  it("gives the templates of infra/app, without an account", { timeout: 120_000 }, async () => {
    await using output = await tempDir();
    await cdk("synth", "--quiet", "--strict", "--output", output.path);
    expect((await readAssembly(output.path)).texts).toEqual(plain.texts);
  });

  it("lists a stack for each way to run the fixture", { timeout: 60_000 }, async () => {
    const { stdout } = await cdk(
      "list",
      "--app",
      "node --conditions=bentokit-source infra/app/main.ts",
    );
    expect(stdout.trim().split("\n").sort()).toEqual(stacks.map(({ name }) => name));
  });

  it("runs with the flags that the CDK recommends to new apps", async () => {
    const { context } = z
      .object({ context: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(await readFile(join(REPOSITORY, "cdk.json"), "utf8")));
    expect(context).toEqual({ "cli-telemetry": false, ...recommended });
  });
});

describe("infra/app", () => {
  it("gives the same bytes every time", async () => {
    expect((await synthesize(addIrisStacks)).texts).toEqual(plain.texts);
  });

  it("has nothing to upload", () => {
    const known = ["aws:cloudformation:stack", "cdk:feature-flag-report", "cdk:tree"];
    expect(plain.artifactTypes).toEqual(known);
  });

  it.each([
    ["on", recommended],
    ["off", off],
  ])("gives the same templates with every feature flag %s", async (_, context) => {
    expect((await synthesize(addIrisStacks, { context })).texts).toEqual(plain.texts);
  });

  it.each(stacks)(
    "$name allows no wildcard, opens nothing, runs nothing, and is small",
    ({ name, text }) => {
      expect(templateProblems(name, text, Template.parse(JSON.parse(text)))).toEqual([]);
    },
  );
});

describe("every construct with what is not its default", async () => {
  const variants = await synthesize(addVariantStacks);

  it.each([
    ["on", recommended],
    ["off", off],
  ])("gives the same templates with every feature flag of ours %s", async (_, flags) => {
    const context = { ...flags, ...Object.fromEntries(APPS_OWN.map((flag) => [flag, false])) };
    expect((await synthesize(addVariantStacks, { context })).texts).toEqual(variants.texts);
  });

  it("opens what was asked for and nothing else, and has nothing to upload", () => {
    const problems = Object.entries(variants.texts).flatMap(([name, text]) =>
      templateProblems(name, text, Template.parse(JSON.parse(text))),
    );
    expect(problems).toEqual([
      "gpu-public/BentoLoadBalancerGroupE3FEBE18: takes connections from everywhere",
      "gpu-public/BentoLoadBalancerC86B7396: load balancer that faces the internet",
    ]);
    expect(variants.artifactTypes).toEqual(plain.artifactTypes);
  });
});

describe("templateProblems", () => {
  const allow = (statement: object) => ({
    Type: "AWS::IAM::Policy",
    Properties: { PolicyDocument: { Statement: [{ Effect: "Allow", ...statement }] } },
  });

  it.each<[string, { Type: string; Properties?: object }]>([
    ["allows s3:*", allow({ Action: "s3:*", Resource: "*" })],
    ["allows s3:GetObject*", allow({ Action: ["s3:PutObject", "s3:GetObject*"] })],
    ["allows all but NotAction", allow({ NotAction: "iam:*" })],
    [
      "allows everybody sqs:SendMessage",
      allow({ Action: "sqs:SendMessage", Principal: { AWS: "*" } }),
    ],
    ["custom resource", { Type: "Custom::Thing" }],
    [
      "function URL without authorisation",
      { Type: "AWS::Lambda::Url", Properties: { AuthType: "NONE" } },
    ],
    ["everybody may invoke", { Type: "AWS::Lambda::Permission", Properties: { Principal: "*" } }],
    ["bucket without a block of public access", { Type: "AWS::S3::Bucket" }],
    [
      "load balancer that faces the internet",
      {
        Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        Properties: { Scheme: "internet-facing" },
      },
    ],
    [
      "takes connections from everywhere",
      {
        Type: "AWS::EC2::SecurityGroup",
        Properties: { SecurityGroupIngress: [{ CidrIp: "0.0.0.0/0", FromPort: 80 }] },
      },
    ],
  ])("finds: %s", (problem, resource) => {
    const template = Template.parse({ Resources: { It: resource } });
    expect(templateProblems("Stack", "{}", template)).toEqual([`Stack/It: ${problem}`]);
  });

  it("finds a template that is too large to send", () => {
    const text = JSON.stringify({ Resources: {}, Description: "x".repeat(41_000) });
    expect(templateProblems("Stack", text, Template.parse(JSON.parse(text)))).toEqual([
      "Stack: 41033 bytes",
    ]);
  });

  it("lets a refusal name every action", () => {
    const Statement = { Effect: "Deny", Action: "s3:*", Principal: "*" };
    const policy = { Type: "AWS::S3::BucketPolicy", Properties: { PolicyDocument: { Statement } } };
    expect(templateProblems("Stack", "{}", Template.parse({ Resources: { policy } }))).toEqual([]);
  });
});
