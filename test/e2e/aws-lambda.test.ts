/**
 * Deploys to AWS Lambda by the command line as a process, against AWS on loopback: what is said, and above all which
 * calls are made.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DEPLOY,
  flowersService,
  healthy,
  type LambdaStand,
  lambdaStand,
  type Ran,
} from "../support/lambda-stand.ts";

const DEPLOY_MS = 60_000;

let stand: LambdaStand;

beforeAll(async () => {
  stand = await lambdaStand();
}, 120_000);

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

async function versions(): Promise<unknown> {
  const { out } = await must("deployment history flowers --platform aws-lambda --json");
  return JSON.parse(out);
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
      expect(asked(ran)).toMatchInlineSnapshot(`"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction"`);
      expect(JSON.parse((await must(`${DEPLOY} --json`)).out)).toMatchObject({ isChanged: false });
    },
    DEPLOY_MS,
  );

  it(
    "moves code without CloudFormation",
    async () => {
      await writeFile(join(stand.cli.work, "service.ts"), flowersService("second"));
      await stand.cli.must("build");
      const ran = await must(DEPLOY);
      expect(PROMOTE).toEqual(expect.arrayContaining(writes(ran)));
      expect(asked(ran)).toMatchInlineSnapshot(`"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:GetFunction lambda:GetAlias lambda:GetFunction lambda:UpdateFunctionCode lambda:GetFunctionConfiguration lambda:GetFunctionConfiguration lambda:PublishVersion lambda:GetFunction lambda:GetAlias lambda:GetFunctionConfiguration lambda:Invoke lambda:Invoke lambda:GetAlias lambda:UpdateAlias lambda:GetAlias"`);
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
      expect(ran.err.slice(ran.err.indexOf("error:"))).toMatchInlineSnapshot(`
        "error: golden/count.jsonl:1: $: expected 4, got 5
          do: rolled back: flowers:896b2b59fc1ab11b runs; repair the service or its golden requests, build and deploy again
        "
      `);
      expect(writes(ran)).not.toContain("lambda:UpdateAlias");
      stand.answer = healthy;
    },
    DEPLOY_MS,
  );

  it(
    "gives a canary its share, then all",
    async () => {
      const first = await must(`${DEPLOY} --set memoryMb=2048 --canary 10 --json`);
      expect(JSON.parse(first.out).details.traffic).toEqual({ "4": 90, "5": 10 });
      const ran = await must("deployment complete flowers --platform aws-lambda --yes --json");
      expect(writes(ran)).toEqual(["lambda:UpdateAlias"]);
      expect(asked(ran)).toMatchInlineSnapshot();
      expect(JSON.parse(ran.out)).toMatchInlineSnapshot();
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
      expect(asked(ran)).toMatchInlineSnapshot(`"sts:GetCallerIdentity lambda:GetFunction lambda:GetAlias lambda:ListVersionsByFunction lambda:UpdateAlias lambda:GetAlias lambda:GetAlias lambda:GetFunction"`);
      expect(await versions()).toMatchInlineSnapshot(`
        [
          {
            "at": "2026-11-21T10:08:44.711Z",
            "bento": {
              "digest": "sha256:bf6f41c42e8cbc509cafa9b97c1f1b281883e141e2faae179ddcc0c14c6e7f21",
              "models": {
                "iris": {
                  "digest": "sha256:2ac78f511b4359b691d1ac9ff8ff0896981296393880e000f060a5dba351ed4d",
                  "tag": "iris:v2",
                },
              },
              "name": "flowers",
              "version": "896b2b59fc1ab11b",
            },
            "by": "tester",
            "change": "rollback",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "3": 100,
              },
              "version": "3",
            },
            "environment": "default",
            "image": {
              "bytes": 18265753,
              "digest": "sha256:1b3fd87b7e603bca51691233e717060ee82aa8d886b7b7bb099a2a9011e4cc27",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "message": "rolled back from flowers:7294ae92fb355a37",
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:c14c8c4f99e521cbb2299fc9bef04683a4a523647f9b0ab6d78612aec536d4d0",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:08:43.347Z",
            "bento": {
              "digest": "sha256:e381c1fa76f817d51769bad9fc7ffdac184cdb83cb3d4a6852cd57cd5cbdd606",
              "models": {
                "iris": {
                  "digest": "sha256:4963a8dc646fff7684e4d69efd62d6d409cecc7a98ec994f73dbc2bf69c62339",
                  "tag": "iris:v1",
                },
              },
              "name": "flowers",
              "version": "7294ae92fb355a37",
            },
            "by": "tester",
            "canary": 10,
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "4": 90,
                "5": 10,
              },
              "version": "5",
            },
            "environment": "default",
            "image": {
              "bytes": 18265681,
              "digest": "sha256:bb87970ee467e8bc194ea35c9bb6c34a0853622716325c49418e8c3f47e9abe1",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:14e30c406750edb20a244d6278ad751ef3e0cf556712e0b526e8052c19fcb4b1",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:08:42.008Z",
            "bento": {
              "digest": "sha256:e381c1fa76f817d51769bad9fc7ffdac184cdb83cb3d4a6852cd57cd5cbdd606",
              "models": {
                "iris": {
                  "digest": "sha256:4963a8dc646fff7684e4d69efd62d6d409cecc7a98ec994f73dbc2bf69c62339",
                  "tag": "iris:v1",
                },
              },
              "name": "flowers",
              "version": "7294ae92fb355a37",
            },
            "by": "tester",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "4": 100,
              },
              "version": "4",
            },
            "environment": "default",
            "image": {
              "bytes": 18265681,
              "digest": "sha256:bb87970ee467e8bc194ea35c9bb6c34a0853622716325c49418e8c3f47e9abe1",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "message": "golden/count.jsonl:1: $: expected 4, got 5",
            "name": "flowers",
            "outcome": "rolled-back",
            "plan": "sha256:2b30a4e9cccfc98373250bdec1589942f4adfc7dc40d5f6e7cd70ba74ebcd541",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": false,
          },
          {
            "at": "2026-11-21T10:08:38.769Z",
            "bento": {
              "digest": "sha256:bf6f41c42e8cbc509cafa9b97c1f1b281883e141e2faae179ddcc0c14c6e7f21",
              "models": {
                "iris": {
                  "digest": "sha256:2ac78f511b4359b691d1ac9ff8ff0896981296393880e000f060a5dba351ed4d",
                  "tag": "iris:v2",
                },
              },
              "name": "flowers",
              "version": "896b2b59fc1ab11b",
            },
            "by": "tester",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "4": 100,
              },
              "version": "4",
            },
            "environment": "default",
            "image": {
              "bytes": 18265753,
              "digest": "sha256:1b3fd87b7e603bca51691233e717060ee82aa8d886b7b7bb099a2a9011e4cc27",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:c14c8c4f99e521cbb2299fc9bef04683a4a523647f9b0ab6d78612aec536d4d0",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:08:21.836Z",
            "bento": {
              "digest": "sha256:bf6f41c42e8cbc509cafa9b97c1f1b281883e141e2faae179ddcc0c14c6e7f21",
              "models": {
                "iris": {
                  "digest": "sha256:2ac78f511b4359b691d1ac9ff8ff0896981296393880e000f060a5dba351ed4d",
                  "tag": "iris:v2",
                },
              },
              "name": "flowers",
              "version": "896b2b59fc1ab11b",
            },
            "by": "tester",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "3": 100,
              },
              "version": "3",
            },
            "environment": "default",
            "image": {
              "bytes": 18265753,
              "digest": "sha256:1b3fd87b7e603bca51691233e717060ee82aa8d886b7b7bb099a2a9011e4cc27",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:040a761584621db106d75edb3a33b7950b7887daef1b34642c665f47b67da5dd",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:08:17.725Z",
            "bento": {
              "digest": "sha256:fee7c58d260893923604286942044d1c06af057f63dae31604488869d715a2c3",
              "models": {
                "iris": {
                  "digest": "sha256:4963a8dc646fff7684e4d69efd62d6d409cecc7a98ec994f73dbc2bf69c62339",
                  "tag": "iris:v1",
                },
              },
              "name": "flowers",
              "version": "9fb3ea944e224256",
            },
            "by": "tester",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "2": 100,
              },
              "version": "2",
            },
            "environment": "default",
            "image": {
              "bytes": 18265682,
              "digest": "sha256:900425573ac277b0cc2643862282e8471857501bafef557d6d4495eeb50325f5",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:652a96c0398131ed3872f219b43c2ae4701eccf3eb79fbf9794cee476cf4df7a",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:08:08.056Z",
            "bento": {
              "digest": "sha256:988ccc82de8aed6e78fab8a14bb1103fd850ed5e674845ed6ac95e231869c288",
              "models": {
                "iris": {
                  "digest": "sha256:4963a8dc646fff7684e4d69efd62d6d409cecc7a98ec994f73dbc2bf69c62339",
                  "tag": "iris:v1",
                },
              },
              "name": "flowers",
              "version": "b23a2ac1a74fb1d7",
            },
            "by": "tester",
            "details": {
              "account": "123456789012",
              "aliasArn": "arn:aws:lambda:eu-west-1:123456789012:function:flowers:live",
              "bento": "flowers",
              "functionName": "flowers",
              "logGroup": "bento-flowers-BentoLogsCF6407A3-9C76457F8743",
              "region": "eu-west-1",
              "repository": "bento/flowers",
              "stack": "bento-flowers",
              "traffic": {
                "1": 100,
              },
              "version": "1",
            },
            "environment": "default",
            "image": {
              "bytes": 18265678,
              "digest": "sha256:80d6dd9d895581e1b00984ba72dcd5a7b5b22f50f2cba7f8d66daf3043ce1ced",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "succeeded",
            "plan": "sha256:a14ce03efeee66ee351b802d18a6c7c2cbe3f2b0409168a10ec521bf3119fa75",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": true,
          },
          {
            "at": "2026-11-21T10:07:43.869Z",
            "bento": {
              "digest": "sha256:988ccc82de8aed6e78fab8a14bb1103fd850ed5e674845ed6ac95e231869c288",
              "models": {
                "iris": {
                  "digest": "sha256:4963a8dc646fff7684e4d69efd62d6d409cecc7a98ec994f73dbc2bf69c62339",
                  "tag": "iris:v1",
                },
              },
              "name": "flowers",
              "version": "b23a2ac1a74fb1d7",
            },
            "by": "tester",
            "details": {},
            "environment": "default",
            "image": {
              "bytes": 18265678,
              "digest": "sha256:80d6dd9d895581e1b00984ba72dcd5a7b5b22f50f2cba7f8d66daf3043ce1ced",
              "platform": "linux/amd64",
              "variant": "cpu",
            },
            "name": "flowers",
            "outcome": "started",
            "plan": "sha256:a14ce03efeee66ee351b802d18a6c7c2cbe3f2b0409168a10ec521bf3119fa75",
            "platform": "aws-lambda",
            "schema": 1,
            "verified": false,
          },
        ]
      `);
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
          flowers:live → version 3 (flowers:VERSION) 100 %
          flowers:VERSION, deployed AT
        "
      `);
      expect(asked(ran)).toMatchInlineSnapshot(`"sts:GetCallerIdentity lambda:GetAlias lambda:GetFunction"`);
    },
    DEPLOY_MS,
  );

  it(
    "is destroyed but for its images",
    async () => {
      const ran = await must("deployment destroy flowers --platform aws-lambda --yes --json");
      expect(writes(ran)).toEqual(["cloudformation:DeleteStack"]);
      expect(ran.err).toMatchInlineSnapshot(`""`);
      expect((await must(`${DEPLOY} --plan`)).out).toContain(
        "+ create   AWS::CloudFormation::Stack bento-flowers",
      );
    },
    DEPLOY_MS,
  );
});
