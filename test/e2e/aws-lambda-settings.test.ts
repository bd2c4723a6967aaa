/**
 * What a deployment to AWS Lambda can be set to, deployed against AWS on loopback: queues, URLs, secrets, managed
 * instances; and what prune leaves of it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, type LambdaStand, lambdaStand } from "../support/lambda-stand.ts";

const MS = 60_000;

let stand: LambdaStand;

beforeAll(async () => {
  stand = await lambdaStand();
}, 120_000);

afterAll(() => stand[Symbol.asyncDispose]());

async function must(line: string): Promise<Ran> {
  const ran = await stand.here(line);
  expect([ran.exitCode, ran.err]).toEqual([0, expect.not.stringContaining("error:")]);
  return ran;
}

/** Calls that write, but those of the registry. */
function writes({ calls }: Ran): string[] {
  return calls
    .filter(({ isWrite, service }) => isWrite && service !== "ecr")
    .map(({ action }) => action);
}

const MANAGED = [
  "--set compute=managed-instances",
  '--set subnetIds=["subnet-0a1b2c3d"]',
  '--set securityGroupIds=["sg-0a1b2c3d"]',
  "--set maxEnvironments=5",
].join(" ");

describe("bento deploy --platform aws-lambda", () => {
  it(
    "makes a queue, a URL for callers who sign, and reads secrets by reference",
    async () => {
      const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-AbCdEf";
      const line = `${DEPLOY} --name rich --set queueBatchSize=50 --set url=iam --secret API_KEY=${arn}`;
      const ran = await must(`${line} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({
        outcome: "succeeded",
        url: expect.stringContaining(".lambda-url.eu-west-1.on.aws/"),
        details: { version: "1" },
      });
      const created = ran.calls.filter(
        ({ action, parameters }) =>
          action === "CreateChangeSet" && parameters["StackName"] === "bento-rich",
      );
      const template = JSON.stringify(created);
      for (const part of [
        "AWS::Lambda::EventSourceMapping",
        "ReportBatchItemFailures",
        "AWS_IAM",
        "BENTO_SECRETS",
        arn,
      ]) {
        expect(template).toContain(part);
      }
      expect(template).not.toContain('"Principal":"*"');
      expect(writes(await must(line))).toEqual([]);
      const plain = await must(`${DEPLOY} --name rich`);
      expect(plain.err).toContain("the queue is deleted, and the messages in it");
      expect(
        JSON.parse((await must("deployment get rich --platform aws-lambda --json")).out),
      ).toMatchObject({
        details: { version: "2", traffic: { "2": 100 } },
      });
    },
    MS,
  );

  it(
    "attaches managed instances, waits for their versions and bounds each",
    async () => {
      await must(`${DEPLOY} --name many`);
      const ran = await must(`${DEPLOY} --name many ${MANAGED}`);
      expect(ran.err).toContain("! managed instances cannot be taken off a function again");
      expect(writes(ran)).toEqual([
        "DeleteChangeSet",
        "CreateChangeSet",
        "ExecuteChangeSet",
        "PublishVersion",
        "PutFunctionScalingConfig",
        "UpdateAlias",
      ]);
      expect(writes(await must(`${DEPLOY} --name many ${MANAGED}`))).toEqual([]);
      const next = await must(`${DEPLOY} --name many ${MANAGED} --model iris=iris:v2`);
      expect(writes(next)).toEqual([
        "UpdateFunctionCode",
        "PublishVersion",
        "PutFunctionScalingConfig",
        "UpdateAlias",
      ]);
      const back = await stand.here(`${DEPLOY} --name many`);
      expect(back.exitCode).toBe(2);
      expect(back.err).toContain("managed instances cannot be taken off a function again");
    },
    MS,
  );

  it(
    "starts on managed instances, and bounds the stack's own version",
    async () => {
      const ran = await must(`${DEPLOY} --name fresh ${MANAGED}`);
      expect(writes(ran)).toEqual([
        "CreateChangeSet",
        "ExecuteChangeSet",
        "PutFunctionScalingConfig",
      ]);
    },
    MS,
  );
});

describe("bento deployment prune", () => {
  it(
    "removes versions without traffic, and images that nothing names",
    async () => {
      const prune = "deployment prune many --platform aws-lambda --keep 0";
      const plan = await must(`${prune} --plan`);
      expect(writes(plan)).toEqual([]);
      const ran = await must(`${prune} --yes`);
      expect(ran.out.replaceAll(/[0-9a-f]{16}/g, "VERSION")).toMatchInlineSnapshot(`
        "version 2 (flowers:VERSION)
        "
      `);
      expect(ran.err.split("\n").filter((text) => text.startsWith("="))).toMatchInlineSnapshot(`
        [
          "= version 3 has 100 % of the traffic",
          "= version 1 is the stack's own",
        ]
      `);
      expect(writes(ran)).toEqual(["DeleteFunction"]);
      expect(ran.calls.filter(({ action }) => action === "BatchDeleteImage")).toEqual([]);
    },
    MS,
  );
});

describe("bento deployment", () => {
  it(
    "knows of a deployment whose record is lost",
    async () => {
      const store = `--platform aws-lambda --store file://${stand.cli.work}/elsewhere`;
      const status = await must(`deployment status many ${store}`);
      expect(status.out.replaceAll(/[0-9a-f]{16}/g, "VERSION")).toMatchInlineSnapshot(`
        "many  ready
          many:live → version 3 (flowers:VERSION) 100 %
          no record tells of it
        "
      `);
      const back = await must(`deployment rollback many ${store} --to 1 --yes --json`);
      expect(writes(back)).toEqual(["UpdateAlias"]);
      const gone = await must(`deployment destroy many ${store} --yes --json`);
      expect(writes(gone)).toEqual(["DeleteStack"]);
    },
    MS,
  );
});
