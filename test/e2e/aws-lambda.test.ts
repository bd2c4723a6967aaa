/**
 * Deploys to AWS Lambda by the command line as a process, against AWS on loopback: what is said, and above all which
 * calls are made.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Ran } from "../support/bento-process.ts";
import {
  DEPLOY,
  flowersService,
  healthy,
  type LambdaStand,
  lambdaStand,
} from "../support/lambda-stand.ts";

const DEPLOY_MS = 60_000;

let stand: LambdaStand;

beforeAll(async () => {
  stand = await lambdaStand();
}, 120_000);

afterEach(() => {
  stand.answer = healthy;
});

afterAll(() => stand[Symbol.asyncDispose]());

/** Calls that write, each kind once, in the order of their first time. */
function writes({ calls }: Ran): string[] {
  return [
    ...new Set(
      calls.filter((call) => call.isWrite).map((call) => `${call.service}:${call.action}`),
    ),
  ];
}

/** Calls of services but the registry's, in their order. */
function asked({ calls }: Ran): string {
  return calls
    .filter(({ service }) => service !== "ecr")
    .map(({ service, action }) => `${service}:${action}`)
    .join(" ");
}

const PUSH = [
  "ecr:InitiateLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:CompleteLayerUpload",
  "ecr:PutImage",
];

/** All that a job with the policy `promote` may write. */
const PROMOTE = [
  ...PUSH,
  "lambda:UpdateFunctionCode",
  "lambda:PublishVersion",
  "lambda:UpdateAlias",
];

async function must(line: string): Promise<Ran> {
  const ran = await stand.bento(line);
  expect(ran.err.split("\n").filter((text) => text.startsWith("error"))).toEqual([]);
  expect(ran.exitCode).toBe(0);
  return ran;
}

async function shares(): Promise<unknown> {
  const { out } = await must("deployment traffic flowers --platform aws-lambda --json");
  const versions: { id: string; percent: number }[] = JSON.parse(out);
  return Object.fromEntries(versions.map(({ id, percent }) => [id, percent]));
}

describe("bento deploy --platform aws-lambda", () => {
  it(
    "plans the same bytes twice and writes nothing",
    async () => {
      const [first, second] = [
        await must(`${DEPLOY} --plan --json`),
        await must(`${DEPLOY} --plan --json`),
      ];
      expect(second.out).toBe(first.out);
      expect(writes(first)).toEqual([]);
    },
    DEPLOY_MS,
  );

  it(
    "deploys first: repository, image, stack, and the golden requests",
    async () => {
      const ran = await must(`${DEPLOY} --json`);
      const document = JSON.parse(ran.out);
      expect(document).toMatchObject({
        outcome: "succeeded",
        verified: true,
        isChanged: true,
        goldenRequests: 1,
        details: {
          bento: "flowers",
          account: "123456789012",
          region: "eu-west-1",
          functionName: "flowers",
          version: "1",
          traffic: { "1": 100 },
        },
      });
      expect(writes(ran).filter((call) => !PUSH.includes(call))).toEqual([
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
      ]);
    },
    DEPLOY_MS,
  );

  it(
    "has nothing to do the second time, and calls nothing that writes",
    async () => {
      const ran = await must(DEPLOY);
      expect(writes(ran)).toEqual([]);
      expect(ran.err).toContain("nothing to do: this is what runs");
      expect(asked(ran)).toMatchInlineSnapshot(
        `"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction"`,
      );
      expect(JSON.parse((await must(`${DEPLOY} --json`)).out)).toMatchObject({ isChanged: false });
    },
    DEPLOY_MS,
  );

  it(
    "moves code without CloudFormation",
    async () => {
      await writeFile(join(stand.cli.work, "service.ts"), flowersService("second"));
      await stand.cli.must("build");
      const ran = await must(`${DEPLOY} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({
        outcome: "succeeded",
        details: { version: "2", traffic: { "2": 100 } },
      });
      expect(PROMOTE).toEqual(expect.arrayContaining(writes(ran)));
      expect(asked(ran)).toMatchInlineSnapshot(
        `"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:UpdateFunctionCode lambda:GetFunctionConfiguration lambda:GetFunctionConfiguration lambda:PublishVersion lambda:GetFunction lambda:GetAlias lambda:GetFunctionConfiguration lambda:Invoke lambda:Invoke lambda:GetAlias lambda:UpdateAlias lambda:GetAlias"`,
      );
      expect(
        ran.calls
          .filter(({ action }) => action === "Invoke")
          .map(({ parameters }) => parameters["Qualifier"]),
      ).toEqual(["2", "2"]);
    },
    DEPLOY_MS,
  );

  it(
    "moves a repinned bento by version and alias alone",
    async () => {
      const ran = await must(`${DEPLOY} --model iris=iris:v2 --json`);
      const document = JSON.parse(ran.out);
      expect(document.details).toMatchObject({ version: "3", traffic: { "3": 100 } });
      expect(PROMOTE).toEqual(expect.arrayContaining(writes(ran)));
      const uploaded = ran.calls.filter(({ action }) => action === "InitiateLayerUpload");
      expect(uploaded.length).toBeLessThan(8);
    },
    DEPLOY_MS,
  );

  it(
    "changes settings by the stack, and makes a version of them",
    async () => {
      const line = `${DEPLOY} --model iris=iris:v2 --set memoryMb=2048`;
      const plan = await must(`${line} --plan`);
      expect(plan.out).toContain("memoryMb 1769 → 2048");
      const ran = await must(line);
      expect(writes(ran)).toEqual([
        "cloudformation:DeleteChangeSet",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        "lambda:PublishVersion",
        "lambda:UpdateAlias",
      ]);
      await must(`${line} --plan --detailed-exitcode`);
    },
    DEPLOY_MS,
  );

  it(
    "takes nothing of the traffic where a version does not answer rightly",
    async () => {
      stand.answer = (path, { version }) =>
        version === "5" && path === "/count" ? { status: 200, body: "5" } : healthy(path);
      await writeFile(join(stand.cli.work, "service.ts"), flowersService("third"));
      await stand.cli.must("build");
      const ran = await stand.bento(`${DEPLOY} --set memoryMb=2048`);
      expect(ran.exitCode).toBe(6);
      expect(
        ran.err.slice(ran.err.indexOf("error:")).replaceAll(/[0-9a-f]{16}/g, "VERSION"),
      ).toMatchInlineSnapshot(`
        "error: golden/count.jsonl:1: $: expected 4, got 5
          do: rolled back: flowers:VERSION runs; repair the service or its golden requests, build and deploy again
        "
      `);
      expect(writes(ran)).not.toContain("lambda:UpdateAlias");
    },
    DEPLOY_MS,
  );

  it(
    "gives a canary its share, then all",
    async () => {
      const first = await must(`${DEPLOY} --set memoryMb=2048 --canary 10 --json`);
      expect(JSON.parse(first.out).details.traffic).toEqual({ "4": 90, "5": 10 });
      const ran = await must("deployment complete flowers --platform aws-lambda --json");
      expect(writes(ran)).toEqual(["lambda:UpdateAlias"]);
      expect(asked(ran)).toMatchInlineSnapshot(
        `"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:UpdateAlias lambda:GetAlias lambda:GetAlias lambda:GetFunction"`,
      );
      expect(JSON.parse(ran.out)).toMatchObject({
        deployment: {
          outcome: "succeeded",
          change: "complete",
          details: { traffic: { "5": 100 } },
        },
        versions: [{ id: "5", percent: 100 }],
      });
    },
    DEPLOY_MS,
  );

  it(
    "goes back in one call",
    async () => {
      const ran = await must("deployment rollback flowers --platform aws-lambda --yes --json");
      expect(ran.calls.filter((call) => call.isWrite).map(({ action }) => action)).toEqual([
        "UpdateAlias",
      ]);
      expect(asked(ran)).toMatchInlineSnapshot(
        `"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:ListVersionsByFunction lambda:UpdateAlias lambda:GetAlias lambda:GetAlias lambda:GetFunction"`,
      );
      expect(await shares()).toEqual({ "5": 0, "4": 100, "3": 0, "2": 0, "1": 0 });
    },
    DEPLOY_MS,
  );

  it(
    "says how it does without a call to the service",
    async () => {
      const ran = await must("deployment status flowers --platform aws-lambda");
      expect(
        ran.out.replaceAll(/[0-9a-f]{16}/g, "VERSION").replace(/deployed .*/, "deployed AT"),
      ).toMatchInlineSnapshot(`
        "flowers  ready
          flowers:live → version 4 (flowers:VERSION) 100 %
          flowers:VERSION, deployed AT
        "
      `);
      expect(asked(ran)).toMatchInlineSnapshot(
        `"sts:GetCallerIdentity lambda:GetAlias lambda:GetFunction"`,
      );
    },
    DEPLOY_MS,
  );

  it(
    "is destroyed but for its images",
    async () => {
      const ran = await must("deployment destroy flowers --platform aws-lambda --yes");
      expect(writes(ran)).toEqual(["cloudformation:DeleteStack"]);
      expect(ran.err.split("\n").filter((text) => text.includes("kept"))).toEqual([
        expect.stringContaining("its log is kept: bento-flowers-BentoLogs"),
        "! its images are kept: bento/flowers; when no other deployment runs them: aws cloudformation delete-stack --region eu-west-1 --stack-name bento-registry-flowers && aws ecr delete-repository --force --region eu-west-1 --repository-name bento/flowers",
      ]);
      const again = await must("deployment destroy flowers --platform aws-lambda --yes --json");
      expect(writes(again)).toEqual([]);
      expect(JSON.parse(again.out)).toMatchObject({ outcome: "destroyed" });
      expect((await must(`${DEPLOY} --plan`)).out).toContain(
        "+ create   AWS::CloudFormation::Stack bento-flowers",
      );
    },
    DEPLOY_MS,
  );
});
