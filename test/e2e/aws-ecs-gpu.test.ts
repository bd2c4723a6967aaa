/**
 * Deploys to ECS by the command line as a process, against AWS on loopback: what is said, and above all which calls are
 * made.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEPLOY, type EcsStand, ecsStand, type Ran } from "../support/ecs-deploy-stand.ts";

const DEPLOY_MS = 60_000;

let stand: EcsStand;

beforeAll(async () => {
  stand = await ecsStand();
}, 120_000);

afterAll(() => stand?.[Symbol.asyncDispose]());

/** Calls that write, each kind once, in the order of their first time. */
function writes({ calls }: Ran): string[] {
  return [
    ...new Set(
      calls.filter((call) => call.isWrite).map((call) => `${call.service}:${call.action}`),
    ),
  ];
}

async function must(line: string): Promise<Ran> {
  const ran = await stand.bento(line);
  expect(ran.exitCode === 0 ? "" : ran.err).toBe("");
  return ran;
}

describe("bento deploy --platform aws-ecs-gpu", () => {
  it(
    "plans the same bytes twice and writes nothing",
    async () => {
      const first = await must(`${DEPLOY} --plan --json`);
      const second = await must(`${DEPLOY} --plan --json`);
      expect(second.out).toBe(first.out);
      expect(writes(first)).toEqual([]);
    },
    DEPLOY_MS,
  );

  it(
    "deploys first: repository, image, stack",
    async () => {
      const ran = await must(`${DEPLOY} --json`);
      expect(JSON.parse(ran.out)).toMatchObject({ outcome: "succeeded", isChanged: true });
    },
    DEPLOY_MS,
  );
});
