/**
 * A deploy to AWS Lambda that is killed between any two of its calls, and started again: the second run brings what the
 * first one would have, once.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsCall } from "../support/aws/aws-call.ts";
import { DEPLOY, type LambdaStand, lambdaStand, type Ran } from "../support/lambda-stand.ts";

const RUNS_MS = 300_000;

/** The calls before it only look, and are the same as those of a plan. */
const FIRST_OF_APPLY = 9;

let stand: LambdaStand;

beforeAll(async () => {
  stand = await lambdaStand();
}, 120_000);

afterAll(() => stand[Symbol.asyncDispose]());

interface Killed {
  readonly line: string;
  /** Of these calls alone. */
  readonly service?: string;
  readonly action?: string;
  /** Of the calls that the run makes, from 1; the last that is heard of. */
  readonly nth: number;
  readonly when: "before" | "after";
}

/** @returns the call at which it was killed; undefined where it came to its end before */
async function killed({ line, ...call }: Killed): Promise<AwsCall | undefined> {
  let at: AwsCall | undefined;
  const running = stand.start(line);
  stand.aws.fail({
    ...call,
    kill(killing) {
      at = killing;
      running.kill();
    },
  });
  const { exitCode, err } = await running.ended;
  stand.aws.clearFaults();
  if (at === undefined) {
    expect([exitCode, err]).toEqual([0, expect.anything()]);
  }
  return at;
}

async function must(line: string): Promise<Ran> {
  const ran = await stand.here(line);
  expect([ran.exitCode, ran.err]).toEqual([0, expect.not.stringContaining("error:")]);
  return ran;
}

/** Versions of a function with their bentos and shares. */
async function versions(name: string): Promise<{ id: string; bento: string; percent: number }[]> {
  const { out } = await must(`deployment traffic ${name} --platform aws-lambda --json`);
  return JSON.parse(out);
}

/** Kills the run at each of its calls from `from` on, and after each starts it again. */
async function killAtEach(
  lineOf: (round: number) => string,
  { from, check }: { from: number; check: (round: number, again: Ran) => Promise<void> },
): Promise<string[]> {
  const at: string[] = [];
  for (let nth = from; ; nth += 1) {
    const when = nth % 2 === 0 ? "after" : "before";
    const call = await killed({ line: lineOf(nth), nth, when });
    if (call === undefined) {
      return at;
    }
    at.push(`${call.service}:${call.action}`);
    await check(nth, await must(lineOf(nth)));
  }
}

describe("a deploy to aws-lambda that is killed", () => {
  it(
    "of a new version, goes on where it was",
    async () => {
      await must(DEPLOY);
      // both images are there: what a killed push leaves is another test
      await must(`${DEPLOY} --model iris=iris:v2`);
      const lineOf = (round: number) => `${DEPLOY} --model iris=iris:v${(round % 2) + 1}`;
      let count = (await versions("flowers")).length;
      const at = await killAtEach(lineOf, {
        from: FIRST_OF_APPLY,
        async check(_round, { calls }) {
          const now = await versions("flowers");
          expect(now.length - count).toBeLessThanOrEqual(1); // no version twice
          expect(now[0]?.percent).toBe(100);
          count = now.length;
          expect(calls.filter(({ action }) => action === "CreateChangeSet")).toEqual([]);
        },
      });
      for (const call of ["UpdateFunctionCode", "PublishVersion", "Invoke", "UpdateAlias"]) {
        expect(at).toContain(`lambda:${call}`);
      }
    },
    RUNS_MS,
  );

  it.each<[string, "before" | "after"]>([
    ["cloudformation:CreateChangeSet", "after"],
    ["cloudformation:DescribeChangeSet", "after"],
    ["cloudformation:ExecuteChangeSet", "before"],
    ["cloudformation:ExecuteChangeSet", "after"],
    ["cloudformation:DescribeStackEvents", "after"],
    ["lambda:GetAlias", "after"],
    ["lambda:Invoke", "after"],
  ])(
    "for the first time, at %s, %s it is done, makes its stack once",
    async (name, when) => {
      const [service = "", action = ""] = name.split(":");
      const deployment = `first-${action.toLowerCase()}-${when}`;
      const line = `${DEPLOY} --name ${deployment}`;
      expect(await killed({ line, service, action, nth: 1, when })).toMatchObject({ action });
      await must(line);
      expect(await versions(deployment)).toMatchObject([{ id: "1", percent: 100 }]);
      const { calls } = await must(line);
      expect(calls.filter(({ isWrite }) => isWrite)).toEqual([]);
    },
    RUNS_MS,
  );
});
