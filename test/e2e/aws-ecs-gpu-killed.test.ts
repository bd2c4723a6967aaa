/**
 * A deploy to ECS that is killed at a call that writes, and started again: the second run brings what the first one would
 * have, once. Then what is left over is pruned.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Ran } from "../support/bento-process.ts";
import type { CliRun } from "../support/cli.ts";
import { DEPLOY, type EcsStand, ecsStand } from "../support/ecs-deploy-stand.ts";

const RUNS_MS = 120_000;

let stand: EcsStand;

beforeAll(async () => {
  stand = await ecsStand();
  for (const [name, value] of Object.entries(stand.aws.environment)) {
    vi.stubEnv(name, value); // the SDK's chain looks there, in this process too
  }
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await stand?.[Symbol.asyncDispose]();
});

interface Kill {
  readonly service: string;
  readonly action: string;
  readonly when: "before" | "after";
}

async function killed(line: string, at: Kill): Promise<void> {
  let isKilled = false;
  const running = stand.start(line);
  stand.aws.fail({
    ...at,
    kill() {
      isKilled = true;
      running.kill();
    },
  });
  await running.ended;
  stand.aws.clearFaults();
  expect(isKilled).toBe(true);
}

/** Runs what nobody kills: in this process, which has loaded the CDK once. */
async function must(line: string): Promise<CliRun & Pick<Ran, "calls">> {
  const { cli, aws } = stand;
  const before = aws.calls.length;
  const ran = await cli.bento(line, { environment: aws.environment });
  expect(ran.exitCode === 0 ? "" : ran.err).toBe("");
  return { ...ran, calls: aws.calls.slice(before) };
}

/** Environment of the tasks that the service runs. */
function round(): unknown {
  const { services, definitions } = stand.ecs.state;
  const [service] = [...services.values()].filter(({ status }) => status === "ACTIVE");
  const container = definitions.get(service?.taskDefinition ?? "")?.containers[0];
  const variables = (container?.["Environment"] ?? []) as { Name: string; Value: string }[];
  return variables.find(({ Name }) => Name === "ROUND")?.Value;
}

const CREATE: Kill = { service: "cloudformation", action: "CreateChangeSet", when: "after" };
const EXECUTE: Kill = { service: "cloudformation", action: "ExecuteChangeSet", when: "after" };

describe("a deploy to aws-ecs-gpu that is killed", () => {
  it.each<[string, Kill]>([
    ["while it pushes", { service: "ecr", action: "PutImage", when: "before" }],
    ["once the image is there", { service: "ecr", action: "PutImage", when: "after" }],
    ["with its change set made", CREATE],
    ["before that is executed", { ...EXECUTE, when: "before" }],
    ["as that is executed", EXECUTE],
  ])(
    "%s goes on where it was",
    async (name, at) => {
      const line = `${DEPLOY} --set-env ROUND=${name.replaceAll(" ", "-")} --set rollout=rolling`;
      await killed(line, at);
      await must(line);
      expect(round()).toBe(name.replaceAll(" ", "-"));
      const again = await must(line);
      expect(again.calls.filter(({ isWrite }) => isWrite)).toEqual([]);
      if (at.action === "PutImage") {
        await stand.build(name); // the next push has something to send
      }
    },
    RUNS_MS,
  );

  it(
    "and interrupted while its tasks wait for GPUs, is taken back",
    async () => {
      await must(`${DEPLOY} --set-env ROUND=steady --set rollout=rolling`);
      stand.ecs.behaviour = () => "no-capacity";
      const running = stand.start(`${DEPLOY} --set-env ROUND=no-capacity --set rollout=rolling`);
      await running.said("AWS::ECS::TaskDefinition Bento/Task");
      running.interrupt();
      const ran = await running.ended;
      expect(ran.exitCode === 130 ? "" : ran.err).toBe("");
      expect(ran.calls.map(({ action }) => action)).toContain("StopServiceDeployment");
      expect(round()).toBe("steady");
      stand.ecs.behaviour = () => "good";
    },
    RUNS_MS,
  );

  it(
    "while its tasks wait for GPUs, is left alone by a deploy that is interrupted, and taken back by abort",
    async () => {
      stand.ecs.behaviour = () => "no-capacity";
      const line = `${DEPLOY} --set-env ROUND=in-vain --set rollout=rolling`;
      const running = stand.start(line);
      await running.said("AWS::ECS::TaskDefinition Bento/Task");
      running.kill();
      await running.ended;
      const waiting = stand.start(`${DEPLOY} --set-env ROUND=another`);
      await waiting.said("✓ prepare ");
      waiting.interrupt();
      const { exitCode, calls } = await waiting.ended;
      expect(exitCode).toBe(130);
      expect(calls.filter(({ isWrite }) => isWrite)).toEqual([]);
      await must("deployment abort drawing --platform aws-ecs-gpu");
      expect(round()).toBe("steady");
      stand.ecs.behaviour = () => "good";
    },
    RUNS_MS,
  );

  it(
    "leaves versions that can be seen, the one that serves with all of the traffic",
    async () => {
      const { out } = await must("deployment traffic drawing --platform aws-ecs-gpu --json");
      const versions: { percent: number; bento: string }[] = JSON.parse(out);
      expect(versions.length).toBeGreaterThan(1);
      expect(versions.filter(({ percent }) => percent === 100)).toHaveLength(1);
      expect(versions.every(({ bento }) => bento.startsWith("drawing:"))).toBe(true);
    },
    RUNS_MS,
  );

  it(
    "leaves images that prune removes, and keeps what serves or is recorded",
    async () => {
      const line = "deployment prune drawing --platform aws-ecs-gpu --keep 0 --yes --json";
      const { out } = await must(`${line} --plan`);
      expect(JSON.parse(out).removed).toEqual([]);
      const { kept } = JSON.parse((await must(line)).out);
      expect(kept.length).toBeGreaterThan(0);
    },
    RUNS_MS,
  );
});
