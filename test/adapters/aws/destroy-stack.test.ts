import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { destroyStack } from "../../../adapters/aws/destroy-stack.ts";
import type { AwsSession } from "../../../adapters/aws/session.ts";
import { describeStack, readStack } from "../../../adapters/aws/stacks.ts";
import type { OnProgress } from "../../../core/progress.ts";
import { type LoopbackAws, startAws } from "../../support/aws/start-aws.ts";
import { failureOf } from "../../support/failure.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { stubAwsEnvironment, testSession } from "./scripted-aws.ts";
import { type StackStand, stackStand } from "./stack-stand.ts";

const SKIP = skipWithout("moto_server", "docker-registry");
const LOG_GROUP = "AWS::Logs::LogGroup";

describe.skipIf(SKIP)("stacks that go", { timeout: 60_000 }, () => {
  let aws: LoopbackAws;
  let home: TempDir;
  let count = 0;
  let name: string;
  let stand: StackStand;
  let session: AwsSession;

  beforeAll(async () => {
    aws = await startAws();
    home = await tempDir();
  });

  afterAll(async () => {
    await aws?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    stubAwsEnvironment(aws.environment);
    session = await testSession();
    count += 1;
    name = `bento-${count}`;
    stand = stackStand(name, home.path);
  });

  afterEach(() => {
    aws.clearFaults();
    vi.unstubAllEnvs();
  });

  const groups = () => ({ One: { name: `/bento/${name}/one` } });
  const destroy = (onProgress: OnProgress = () => {}) =>
    destroyStack(session, { stackName: name, bentoName: "iris", pollMs: 5, onProgress });

  describe("destroyStack", () => {
    it("succeeds where there is none", async () => {
      expect(await destroy()).toEqual({ isChanged: false, retained: [] });
    });

    it("deletes a stack, after which there is none", async () => {
      await stand.deploy(session, { groups: groups() });
      expect(await destroy()).toEqual({ isChanged: true, retained: [] });
      expect(await readStack(session, name)).toBe(undefined);
      expect(await destroy()).toEqual({ isChanged: false, retained: [] });
    });

    it("lists what the template keeps", async () => {
      await stand.deploy(session, { groups: groups(), isRetained: true });
      expect(await destroy()).toEqual({
        isChanged: true,
        retained: [
          {
            logicalId: expect.stringMatching(/^One[0-9A-F]{8}$/),
            resourceType: LOG_GROUP,
            physicalId: groups().One.name,
          },
        ],
      });
    });

    it("names the resource that cannot be deleted, and deletes it the next time", async () => {
      await stand.deploy(session, { groups: groups() });
      aws.fail({ resource: LOG_GROUP, reason: "The group is in use.", operation: "delete" });
      const failure = await failureOf(destroy);
      expect({ ...failure, message: failure.message.replace(/[0-9A-F]{8}/, "HASH") }).toEqual({
        code: "BENTO_PLATFORM",
        message: `${name} is DELETE_FAILED: ${LOG_GROUP} OneHASH DELETE_FAILED: The group is in use`,
        where: expect.stringContaining(`stack/${name}/`),
        hint: "mend what CloudFormation names, then destroy it again",
      });
      expect(await destroy()).toEqual({ isChanged: true, retained: [] });
    });

    it("never deletes another bento's", async () => {
      await stand.deploy(session, { groups: groups(), bentoName: "wine" });
      expect(await failureOf(destroy)).toMatchObject({ code: "BENTO_CONFLICT" });
      expect((await describeStack(session, name))?.status).toBe("CREATE_COMPLETE");
    });

    it("waits for what CloudFormation is at work on", async () => {
      const release = aws.hold(LOG_GROUP);
      const deadline = { deadlineMs: 50 };
      await failureOf(() => stand.deploy(session, { groups: groups() }, deadline));
      const ended: string[] = [];
      const gone = destroy((event) => {
        release();
        if (event.kind === "step-end") {
          ended.push(`${event.step} ${event.detail}`);
        }
      });
      expect(await gone).toEqual({ isChanged: true, retained: [] });
      expect(ended.length).toBeGreaterThan(1);
      expect(new Set(ended).size).toBe(ended.length);
    });

    it("tells that somebody has protected it", async () => {
      await stand.deploy(session, { groups: groups() });
      const client = await session.cloudFormation();
      await client.updateTerminationProtection({
        StackName: name,
        EnableTerminationProtection: true,
      });
      const failure = await failureOf(destroy);
      expect(failure.code).toBe("BENTO_PLATFORM");
      expect(failure.message).toMatch(/cannot be deleted while TerminationProtection is enabled$/);
    });
  });

  describe("readStack", () => {
    it("reads state, labels, outputs and the parsed template", async () => {
      await stand.deploy(session, { groups: groups() });
      const stack = await readStack(session, name);
      const resources = Object.values(stack?.template.Resources ?? {});
      expect({ ...stack, template: { ...stack?.template, Resources: resources } }).toEqual({
        id: expect.stringContaining(`stack/${name}/`),
        changeSetId: expect.stringContaining("changeSet/bento-0123456789ab/"),
        name,
        status: "CREATE_COMPLETE",
        statusReason: undefined,
        tags: { "bento:name": "iris" },
        outputs: { OneName: groups().One.name },
        parameters: {},
        isProtected: false,
        template: {
          Metadata: { bentokit: { constructs: 1 } },
          Resources: [
            {
              Type: LOG_GROUP,
              DeletionPolicy: "Delete",
              Properties: {
                LogGroupName: groups().One.name,
                RetentionInDays: 7,
                Tags: [{ Key: "bento:name", Value: "iris" }],
              },
            },
          ],
        },
      });
    });

    it("takes a denial for absence only where it is told to", async () => {
      stubAwsEnvironment(aws.withPolicy({ Version: "2012-10-17", Statement: [] }));
      const limited = await testSession();
      expect(await readStack(limited, name, { isDenialAbsence: true })).toBe(undefined);
      const failure = await failureOf(() => readStack(limited, name));
      expect(failure.message).toMatch(/^not allowed: cloudformation:DescribeStacks on /);
    });
  });
});
