import { readdir } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readChangeSet } from "../../../adapters/aws/change-set.ts";
import { prepareChangeSet } from "../../../adapters/aws/prepare-change-set.ts";
import type { AwsSession } from "../../../adapters/aws/session.ts";
import { describeStack, readStack } from "../../../adapters/aws/stacks.ts";
import { type LoopbackAws, startAws } from "../../support/aws/start-aws.ts";
import { failureOf } from "../../support/failure.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { stubAwsEnvironment, testSession } from "./scripted-aws.ts";
import { type StackStand, stackStand } from "./stack-stand.ts";

const LOG_GROUP = "AWS::Logs::LogGroup";

const SKIP = skipWithout("moto_server", "docker-registry");

describe.skipIf(SKIP)("deployStack", { timeout: 60_000 }, () => {
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
    aws.clearCalls();
  });

  afterEach(() => {
    aws.clearFaults();
    vi.unstubAllEnvs();
  });

  const group = (id: string) => ({ name: `/bento/${name}/${id}` });
  const writes = () => aws.calls.filter(({ isWrite }) => isWrite).map(({ action }) => action);
  const statusOf = async () => (await describeStack(session, name))?.status;

  it("creates a stack by a change set, tells each resource, leaves no files", async () => {
    const before = process.env["CDK_HOME"];
    const deployed = await stand.deploy(session, { groups: { One: group("one") } });
    expect(deployed).toEqual({
      id: expect.stringContaining(`stack/${name}/`),
      outputs: { OneName: group("one").name },
      isChanged: true,
    });
    expect(stand.told).toEqual([
      `> prepare stack ${name}`,
      `= prepare stack ${name}`,
      `> create stack ${name}`,
      `> ${LOG_GROUP} One`,
      `= ${LOG_GROUP} One CREATE_COMPLETE, 1/1`,
      `= create stack ${name}`,
    ]);
    expect(writes()).toEqual(["CreateChangeSet", "ExecuteChangeSet"]);
    expect(await readdir(home.path)).toEqual([]);
    expect(process.env["CDK_HOME"]).toBe(before);
  });

  it("has nothing to do when the stack is as desired, and leaves no change set", async () => {
    const { id, outputs } = await stand.deploy(session, { groups: { One: group("one") } });
    expect(await stand.deploy(session, { groups: { One: group("one") } })).toEqual({
      id,
      outputs,
      isChanged: false,
    });
    const changeSet = { stackName: name, changeSetName: "bento-0123456789ab" };
    expect(await readChangeSet(session, changeSet)).toBe(undefined);
    expect(await statusOf()).toBe("CREATE_COMPLETE");
  });

  it("changes in place what differs", async () => {
    await stand.deploy(session, { groups: { One: group("one") } });
    const more = { One: { ...group("one"), days: 30 }, Two: group("two") };
    const { outputs, isChanged } = await stand.deploy(session, { groups: more });
    expect({ outputs, isChanged }).toEqual({
      outputs: { OneName: group("one").name, TwoName: group("two").name },
      isChanged: true,
    });
    expect(stand.told.slice(-3)).toEqual([
      `> ${LOG_GROUP} Two`,
      `= ${LOG_GROUP} Two CREATE_COMPLETE, 2/2`,
      `= update stack ${name}`,
    ]);
  });

  it("does nothing that the plan does not announce, and what it announces", async () => {
    const { id } = await stand.deploy(session, {
      groups: { One: group("one"), Two: group("two") },
    });
    const changed = { groups: { One: group("other") } };
    const failure = await failureOf(() => stand.deploy(session, changed));
    expect({ ...failure, message: failure.message.replaceAll(/[0-9A-F]{8}/g, "HASH") }).toEqual({
      code: "BENTO_STALE_PLAN",
      message: [
        "CloudFormation would do what the plan does not announce:",
        `  replaces ${LOG_GROUP} OneHASH`,
        `  removes ${LOG_GROUP} TwoHASH`,
      ].join("\n"),
      where: id,
      hint: "make the plan again and look at it; nothing was changed",
    });
    const changeSet = { stackName: name, changeSetName: "bento-0123456789ab" };
    expect(await readChangeSet(session, changeSet)).toBe(undefined);
    const expected = [
      { resourceType: LOG_GROUP, action: "Modify", isReplacement: true },
      { resourceType: LOG_GROUP, action: "Remove" },
    ] as const;
    const { outputs } = await stand.deploy(session, changed, { expected });
    expect(outputs).toEqual({ OneName: group("other").name });
  });

  it("names the resource that failed, and deletes what is left only when that was announced", async () => {
    aws.fail({ resource: LOG_GROUP, reason: "Resource limit exceeded.", operation: "create" });
    const app = { groups: { One: group("one") } };
    const failure = await failureOf(() => stand.deploy(session, app));
    expect({ ...failure, message: failure.message.replace(/[0-9A-F]{8}/, "HASH") }).toEqual({
      code: "BENTO_UNHEALTHY",
      message: `${name} is ROLLBACK_COMPLETE: ${LOG_GROUP} One (OneHASH) CREATE_FAILED: Resource limit exceeded`,
      where: expect.stringContaining(`stack/${name}/`),
      hint: "CloudFormation has rolled it back; mend what it names, then deploy again, which deletes what is left of this stack",
    });
    expect(stand.told).toContain(`! ${LOG_GROUP} One CREATE_FAILED: Resource limit exceeded.`);
    expect(await failureOf(() => stand.deploy(session, app))).toEqual({
      code: "BENTO_STALE_PLAN",
      message: `${name} is ROLLBACK_COMPLETE`,
      where: failure.where,
      hint: "make the plan again: it deletes what is left of this stack and creates it",
    });
    const again = await stand.deploy(session, app, { isReplaceAnnounced: true });
    expect(again.isChanged).toBe(true);
    expect(again.id).not.toBe(failure.where);
  });

  it("names the resource whose change failed, after CloudFormation has taken it back", async () => {
    await stand.deploy(session, { groups: { One: group("one") } });
    aws.fail({ resource: LOG_GROUP, reason: "Days are wrong", operation: "update" });
    const app = { groups: { One: { ...group("one"), days: 30 } } };
    const failure = await failureOf(() => stand.deploy(session, app));
    expect(failure).toMatchObject({
      code: "BENTO_UNHEALTHY",
      hint: "CloudFormation has rolled it back; mend what it names, then deploy again",
    });
    expect(failure.message).toMatch(
      /is UPDATE_ROLLBACK_COMPLETE: .* UPDATE_FAILED: Days are wrong$/,
    );
    const again = await stand.deploy(session, app);
    expect(again.isChanged).toBe(true);
  });

  it("says how to get on when the way back fails too, then and in the next deploy", async () => {
    await stand.deploy(session, { groups: { One: group("one"), Two: group("two") } });
    const ids = Object.keys((await readStack(session, name))?.template.Resources ?? {});
    const release = aws.hold(ids.find((id) => id.startsWith("Two")) ?? "");
    const app = {
      groups: { One: { ...group("one"), days: 30 }, Two: { ...group("two"), days: 30 } },
    };
    const hint = `mend what CloudFormation names, then aws cloudformation continue-update-rollback --stack-name ${name} --region eu-west-1, then deploy again`;
    const failure = await failureOf(() =>
      stand.deploy(session, app, {
        onProgress: (event) => {
          if (event.kind === "step-end" && event.step === `${LOG_GROUP} One`) {
            // neither the second one's change nor the first one's way back succeeds
            aws.fail({ resource: LOG_GROUP, reason: "no", operation: "update", times: 2 });
            release();
          }
        },
      }),
    );
    expect(failure).toMatchObject({ code: "BENTO_ROLLBACK_FAILED", hint });
    const next = await failureOf(() => stand.deploy(session, app));
    expect(next).toMatchObject({ code: "BENTO_PLATFORM", hint });
  });

  it("goes on with a review that a killed deploy has left", async () => {
    const options = stand.options({ groups: { One: group("one") } });
    await prepareChangeSet(session, { ...options, isProtected: false });
    expect(await statusOf()).toBe("REVIEW_IN_PROGRESS");
    expect((await readStack(session, name))?.template).toEqual({});
    const { isChanged } = await stand.deploy(session, { groups: { One: group("one") } });
    expect({ isChanged, status: await statusOf() }).toEqual({
      isChanged: true,
      status: "CREATE_COMPLETE",
    });
  });

  it("stops waiting when it is told to, and attaches to the work the next time", async () => {
    const release = aws.hold(LOG_GROUP);
    const stop = new AbortController();
    const app = { groups: { One: group("one") } };
    const told: string[] = [];
    const failure = await failureOf(() =>
      stand.deploy(session, app, {
        signal: stop.signal,
        onProgress: (event) => {
          told.push(event.kind);
          if (event.kind === "step-start" && event.step.startsWith(LOG_GROUP)) {
            stop.abort();
          }
        },
      }),
    );
    expect(failure).toEqual({
      code: "BENTO_INTERRUPTED",
      message: `stopped waiting: CloudFormation goes on with ${name}`,
      where: expect.stringContaining(`stack/${name}/`),
      hint: `look with aws cloudformation describe-stack-events --stack-name ${name} --region eu-west-1; the same command again waits for it`,
    });
    expect(await statusOf()).toBe("CREATE_IN_PROGRESS");
    const attached = await stand.deploy(session, app, {
      onProgress: (event) => {
        if (event.kind === "step-start" && event.step.startsWith("wait for")) {
          release();
        }
      },
    });
    expect(attached).toMatchObject({ isChanged: false, outputs: { OneName: group("one").name } });
  });

  it("stops waiting at the deadline", async () => {
    const release = aws.hold(LOG_GROUP);
    const app = { groups: { One: group("one") } };
    const failure = await failureOf(() => stand.deploy(session, app, { deadlineMs: 50 }));
    expect(failure).toMatchObject({
      code: "BENTO_PLATFORM",
      message: `CloudFormation still works on ${name} after 0 min`,
    });
    release();
  });

  it.each(["another bento's", "nobody's"])("never changes a stack that is %s", async (whose) => {
    const owner = whose === "nobody's" ? { bentoName: "" } : { bentoName: "wine" };
    await stand.deploy(session, { groups: { One: group("one") }, ...owner });
    aws.clearCalls();
    const failure = await failureOf(() => stand.deploy(session, { groups: { Two: group("two") } }));
    expect(failure).toMatchObject({ code: "BENTO_CONFLICT", where: `stack ${name}` });
    expect(writes()).toEqual([]);
  });

  it("leaves the protection that somebody has put on", async () => {
    await stand.deploy(session, { groups: { One: group("one") } });
    const client = await session.cloudFormation();
    await client.updateTerminationProtection({
      StackName: name,
      EnableTerminationProtection: true,
    });
    await stand.deploy(session, { groups: { One: { ...group("one"), days: 30 } } });
    expect((await describeStack(session, name))?.isProtected).toBe(true);
  });

  it("names the permission that is missing", async () => {
    const allowed = {
      Effect: "Allow",
      Action: ["cloudformation:Describe*", "sts:*"],
      Resource: "*",
    };
    stubAwsEnvironment(aws.withPolicy({ Version: "2012-10-17", Statement: [allowed] }));
    session = await testSession();
    const failure = await failureOf(() => stand.deploy(session, { groups: { One: group("one") } }));
    expect(failure).toMatchObject({
      code: "BENTO_PLATFORM",
      where: session.callerArn,
      hint: "let an administrator allow it; bento deployment policy iris --platform aws-lambda prints all that is needed",
    });
    expect(failure.message).toMatch(
      new RegExp(`^not allowed: cloudformation:CreateChangeSet on arn:aws:.*:stack/${name}/`),
    );
  });

  it("tells of a token that ends in the middle, and goes on with another", async () => {
    const app = { groups: { One: group("one") } };
    const message = "The security token included in the request is expired";
    const fault = { service: "cloudformation", action: "ExecuteChangeSet", message };
    aws.fail({ ...fault, code: "ExpiredToken", status: 403 });
    expect(await failureOf(() => stand.deploy(session, app))).toMatchObject({
      code: "BENTO_PLATFORM",
      message: "the credentials for AWS have ended: cloudformation:ExecuteChangeSet was refused",
    });
    const { isChanged } = await stand.deploy(session, app);
    expect(isChanged).toBe(true);
  });

  it("tells CloudFormation's own words of a template that it does not take", async () => {
    const fault = { service: "cloudformation", action: "CreateChangeSet", code: "ValidationError" };
    aws.fail({ ...fault, message: "Template format error: Unrecognized resource types" });
    const failure = await failureOf(() => stand.deploy(session, { groups: { One: group("one") } }));
    expect(failure).toMatchObject({
      code: "BENTO_PLATFORM",
      message:
        "AWS refused cloudformation:CreateChangeSet: ValidationError: Template format error: Unrecognized resource types",
    });
  });

  it("gives way to another deploy that took the change set away", async () => {
    const app = { groups: { One: group("one") } };
    aws.fail({
      service: "cloudformation",
      action: "ExecuteChangeSet",
      when: "before",
      async kill() {
        const client = await session.cloudFormation();
        await client.deleteChangeSet({ StackName: name, ChangeSetName: "bento-0123456789ab" });
      },
    });
    expect(await failureOf(() => stand.deploy(session, app))).toMatchObject({
      code: "BENTO_CONFLICT",
      message: "another deploy has changed the stack meanwhile",
    });
    expect((await stand.deploy(session, app)).isChanged).toBe(true);
  });

  it("is not put off by an answer that gets lost", async () => {
    const app = { groups: { One: group("one") } };
    aws.fail({ service: "cloudformation", action: "ExecuteChangeSet", kill: () => {} });
    const { isChanged } = await stand.deploy(session, app);
    expect({ isChanged, status: await statusOf() }).toEqual({
      isChanged: true,
      status: "CREATE_COMPLETE",
    });
  });

  it("converges when it was stopped at any call", async () => {
    let isStopped = true;
    let nth = 0;
    while (isStopped) {
      nth += 1;
      const own = stackStand(`${name}-${nth}`, home.path);
      const app = { groups: { One: group(`one-${nth}`), Two: group(`two-${nth}`) } };
      const stop = new AbortController();
      aws.fail({ service: "cloudformation", nth, kill: () => stop.abort() });
      await own.deploy(session, app, { signal: stop.signal }).catch(() => {});
      isStopped = stop.signal.aborted;
      aws.clearFaults();
      const { outputs } = await own.deploy(session, app);
      expect(Object.keys(outputs)).toEqual(["OneName", "TwoName"]);
      expect((await describeStack(session, `${name}-${nth}`))?.status).toBe("CREATE_COMPLETE");
    }
    expect(nth).toBeGreaterThan(8);
  });
});
