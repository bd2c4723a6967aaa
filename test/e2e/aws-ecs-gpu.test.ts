/**
 * Deploys to ECS by the command line as a process, against AWS on loopback: what is said, and above all which calls are
 * made.
 */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asMembers, listOf, textOf } from "../support/aws/members.ts";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, type EcsStand, ecsStand } from "../support/ecs-deploy-stand.ts";

const DEPLOY_MS = 60_000;

let stand: EcsStand;

beforeAll(async () => {
  stand = await ecsStand();
}, 120_000);

afterAll(() => stand?.[Symbol.asyncDispose]());

const ON_ECS = "--platform aws-ecs-gpu";

/** Calls that write, each kind once, in the order of their first time. */
function writes({ calls }: Ran): string[] {
  return [
    ...new Set(
      calls.filter((call) => call.isWrite).map((call) => `${call.service}:${call.action}`),
    ),
  ];
}

const PUSH = [
  "ecr:InitiateLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:CompleteLayerUpload",
  "ecr:PutImage",
];

const STACK = ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"];

/** A change set of the same name is deleted before it is made. */
function withoutPush(ran: Ran): string[] {
  const others = [...PUSH, "cloudformation:DeleteChangeSet"];
  return writes(ran).filter((call) => !others.includes(call));
}

/** Types of the resources that CloudFormation told of, in their order. */
function resources({ err }: Ran): string[] {
  return [...err.matchAll(/^✓ (AWS::\S+)/gm)].map(([, type = ""]) => type);
}

async function must(line: string): Promise<Ran> {
  const ran = await stand.bento(line);
  expect(ran.exitCode === 0 ? "" : ran.err).toBe("");
  return ran;
}

/** The service as ECS has it. */
function service() {
  const [found] = [...stand.ecs.state.services.values()].filter(
    ({ status }) => status === "ACTIVE",
  );
  if (found === undefined) {
    throw new Error("there is no service");
  }
  const definition = stand.ecs.state.definitions.get(found.taskDefinition);
  const tag = definition?.tags.map(asMembers).find(({ key }) => key === "bento:version");
  return { ...found, revision: definition?.revision, tag: textOf(tag ?? {}, "value") };
}

/** Exact tag of the bento that was built last. */
async function latestTag(): Promise<string> {
  const { out } = await must("get drawing:latest --json");
  return JSON.parse(out).tag;
}

describe("bento deploy --platform aws-ecs-gpu", () => {
  let first = "";
  let second = "";

  it(
    "plans the same bytes twice and writes nothing",
    async () => {
      const one = await must(`${DEPLOY} --plan --json`);
      const other = await must(`${DEPLOY} --plan --json`);
      expect(other.out).toBe(one.out);
      expect(writes(one)).toEqual([]);
      const { err, out } = await must(`${DEPLOY} --plan`);
      expect(`${out}${err}`).toContain("a rollout wants 2 GPUs at once, old and new, 1 at rest");
    },
    DEPLOY_MS,
  );

  it(
    "deploys first: repository, image, stack",
    async () => {
      const ran = await must(`${DEPLOY} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({
        outcome: "succeeded",
        verified: false,
        isChanged: true,
        url: "http://internal-bento-1.eu-west-1.elb.amazonaws.com",
        details: { account: "123456789012", region: "eu-west-1", stack: "bento-drawing" },
      });
      expect(withoutPush(ran)).toEqual(STACK);
      first = await latestTag();
      expect(service()).toMatchObject({ revision: 1, tag: first });
    },
    DEPLOY_MS,
  );

  it(
    "has nothing to do the second time, and calls nothing that writes",
    async () => {
      const ran = await must(DEPLOY);
      expect(writes(ran)).toEqual([]);
      expect(ran.err).toContain("nothing to do: this is what runs");
      expect(JSON.parse((await must(`${DEPLOY} --json`)).out)).toMatchObject({ isChanged: false });
    },
    DEPLOY_MS,
  );

  it(
    "deploys a new version by its task definition and its service alone",
    async () => {
      await stand.build("second");
      second = await latestTag();
      const plan = JSON.parse((await must(`${DEPLOY} --plan --json`)).out);
      expect(plan.actions.map(({ kind }: { kind: string }) => kind)).toEqual([
        "push",
        "version",
        "traffic",
      ]);
      const ran = await must(DEPLOY);
      expect(withoutPush(ran)).toEqual(STACK);
      expect(resources(ran)).toEqual([
        "AWS::ECS::TaskDefinition",
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition", // the one before goes out of use
      ]);
      expect(ran.err).toContain("golden requests were not sent");
      expect(service()).toMatchObject({ revision: 2, tag: second });
    },
    DEPLOY_MS,
  );

  it(
    "ends a deploy early whose tasks die, tells why with their last lines, and is back at the one before",
    async () => {
      await stand.build("third");
      const behaviour = { exitCode: 3, log: ["Error: no CUDA device is found"] };
      stand.ecs.behaviour = () => behaviour;
      const ran = await stand.bento(DEPLOY);
      expect(ran.exitCode).toBe(6);
      expect(ran.err).toContain("a task stopped: Essential container in task exited (exit code 3)");
      expect(ran.err).toContain("its log ended with:");
      expect(ran.err).toContain("  Error: no CUDA device is found");
      expect(ran.err).toContain(`rolled back: ${second} runs`);
      expect(writes(ran)).toContain("ecs:StopServiceDeployment");
      expect(service()).toMatchObject({ revision: 2, tag: second });
      const status = await must(`deployment status drawing ${ON_ECS} --json`);
      expect(JSON.parse(status.out)).toMatchObject({
        state: "ready",
        serves: second,
        summary: "1 of 1 tasks run, bento-drawing is UPDATE_ROLLBACK_COMPLETE",
      });
    },
    DEPLOY_MS,
  );

  it(
    "shows the log of its tasks",
    async () => {
      const { out } = await must(`deployment logs drawing ${ON_ECS} --tail 1`);
      expect(out).toBe("Error: no CUDA device is found\n");
    },
    DEPLOY_MS,
  );

  it(
    "waits at a stage for a word, and is taken back or goes on by it",
    async () => {
      stand.ecs.behaviour = () => "good";
      const pausing = `${DEPLOY} --set pauseAt=PRE_PRODUCTION_TRAFFIC_SHIFT`;
      const waiting = await must(pausing);
      expect(waiting.err).toContain("the new version waits at PRE_PRODUCTION_TRAFFIC_SHIFT");
      const again = await stand.bento(pausing);
      expect(again.exitCode).toBe(4);
      expect(again.err).toContain("bento deployment complete drawing");
      const aborted = await must(`deployment abort drawing ${ON_ECS} --json`);
      expect(writes(aborted)).toEqual(["ecs:ContinueServiceDeployment"]);
      expect(service()).toMatchObject({ tag: second });
      await must(pausing);
      const completed = await must(`deployment complete drawing ${ON_ECS} --json`);
      expect(writes(completed)).toEqual(["ecs:ContinueServiceDeployment"]);
      expect(service().tag).toBe(await latestTag());
    },
    2 * DEPLOY_MS,
  );

  it(
    "goes back to the version before, and to a named one",
    async () => {
      const ran = await must(`deployment rollback drawing ${ON_ECS} --yes --json`);
      expect(withoutPush(ran)).toEqual(STACK);
      expect(service().tag).toBe(second);
      await must(`deployment rollback drawing --to ${first} ${ON_ECS} --yes`);
      expect(service().tag).toBe(first);
    },
    2 * DEPLOY_MS,
  );

  it(
    "goes back without a record to what has served, not to what only failed",
    async () => {
      await stand.build("never up");
      const behaviour = { exitCode: 3, log: ["Error: no CUDA device is found"] };
      stand.ecs.behaviour = () => behaviour;
      expect((await stand.bento(DEPLOY)).exitCode).toBe(6);
      stand.ecs.behaviour = () => "good";
      const records = join(stand.cli.home, "deployments");
      await rename(records, `${records}-kept`);
      await must(`deployment rollback drawing ${ON_ECS} --yes`);
      expect(service().tag).toBe(second);
      await must(`deployment rollback drawing --to ${first} ${ON_ECS} --yes`);
      await rm(records, { recursive: true });
      await rename(`${records}-kept`, records);
    },
    2 * DEPLOY_MS,
  );

  it(
    "sends golden requests in a one-off task where it is asked to, and goes back when an answer is wrong",
    async () => {
      await stand.build("fourth");
      const asking = `${DEPLOY} --set goldenTask=true`;
      stand.ecs.answer = ({ path }) => ({ status: 200, body: path === "/readyz" ? "" : "5" });
      const wrong = await stand.bento(asking);
      expect(wrong.exitCode).toBe(6);
      expect(wrong.err).toContain("golden/count.jsonl:1: $: expected 4, got 5");
      expect(wrong.err).toContain(`rolled back: ${first} runs`);
      expect(service().tag).toBe(first);
      stand.ecs.answer = ({ path }) => ({ status: 200, body: path === "/readyz" ? "" : "4" });
      const ran = await must(`${asking} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({ verified: true, goldenRequests: 1 });
      expect(writes(ran)).toContain("ecs:RunTask");
      await must(`deployment rollback drawing ${ON_ECS} --yes`);
      expect(service().tag).toBe(first);
    },
    2 * DEPLOY_MS,
  );

  it(
    "refuses shares of traffic with what does the same",
    async () => {
      const canary = await stand.bento(`${DEPLOY} --canary 10`);
      expect(canary.exitCode).toBe(2);
      expect(canary.err).toContain("set rollout=canary and rolloutPercent=10");
      expect(writes(canary)).toEqual([]);
      const weight = await stand.bento(`deployment traffic drawing --percent 10 ${ON_ECS}`);
      expect(weight.exitCode).toBe(2);
      expect(weight.err).toContain("rollout=canary and rolloutPercent=10");
      const nothing = await stand.bento(`deployment complete drawing ${ON_ECS}`);
      expect(nothing.exitCode).toBe(4);
      expect(nothing.err).toContain("no deployment waits for a word");
    },
    DEPLOY_MS,
  );

  it(
    "destroys all but the repository and the log",
    async () => {
      const ran = await must(`deployment destroy drawing ${ON_ECS} --yes --json`);
      expect(writes(ran)).toEqual(["cloudformation:DeleteStack"]);
      const living = [...stand.ecs.state.services.values()].filter(
        ({ status }) => status === "ACTIVE",
      );
      expect(living).toEqual([]);
    },
    DEPLOY_MS,
  );

  it(
    "fails a first deploy with its reason, and makes it anew the next time",
    async () => {
      const behaviour = { exitCode: 1, log: ["Error: the model file is not there"] };
      stand.ecs.behaviour = () => behaviour;
      const failed = await stand.bento(DEPLOY);
      expect(failed.exitCode).toBe(6);
      expect(failed.err).toContain("Error: the model file is not there");
      stand.ecs.behaviour = () => "good";
      const plan = JSON.parse((await must(`${DEPLOY} --plan --json`)).out);
      expect(plan.actions.map(({ kind }: { kind: string }) => kind)).toEqual([
        "delete",
        "create",
        "version",
        "traffic",
      ]);
      await must(DEPLOY);
      expect(listOf(asMembers(service()), "tasks").length).toBeGreaterThan(0);
    },
    2 * DEPLOY_MS,
  );
});
