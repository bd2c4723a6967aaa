/**
 * A deploy to AWS Lambda that is killed between any two of its calls, and started again: the second run brings what the
 * first one would have, once.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsCall } from "../support/aws/aws-call.ts";
import type { Ran } from "../support/bento-process.ts";
import { DEPLOY, type LambdaStand, lambdaStand } from "../support/lambda-stand.ts";

const DEPLOY_OPTIONS = "--platform aws-lambda --base oci:base --yes";
const RUNS_MS = 300_000;

/** The calls before it only look, and are the same as those of a plan. */
const FIRST_OF_APPLY = 9;

let stand: LambdaStand;

/** Two bentos with images that are pushed. */
let first: string;
let second: string;

/** The calls after which it was killed. */
const halves: string[] = [];

beforeAll(async () => {
  stand = await lambdaStand();
  await must(`deploy flowers ${DEPLOY_OPTIONS}`);
  await must(`deploy flowers ${DEPLOY_OPTIONS} --model iris=iris:v2`);
  // as a process, which replaces nothing in what it prints
  const traffic = await stand.bento("deployment traffic flowers --platform aws-lambda --json");
  const [newer, older]: { bento: string }[] = JSON.parse(traffic.out);
  [first = "", second = ""] = [older?.bento, newer?.bento];
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

describe("a deploy to aws-lambda that is killed", () => {
  // two halves, so that neither takes long: after each odd and after each even call
  it.each([FIRST_OF_APPLY, FIRST_OF_APPLY + 1])(
    "of a new version, after call %i and every second from there, goes on where it was",
    async (from) => {
      // both images are there: what a killed push leaves is another test
      await must(`deploy ${first} ${DEPLOY_OPTIONS}`);
      await must(`deploy ${second} ${DEPLOY_OPTIONS}`);
      const at: string[] = [];
      let count = (await versions("flowers")).length;
      for (let nth = from; ; nth += 2) {
        const line = `deploy ${at.length % 2 === 0 ? first : second} ${DEPLOY_OPTIONS}`;
        const call = await killed({ line, nth, when: "after" });
        if (call === undefined) {
          break;
        }
        at.push(call.action);
        const { calls } = await must(line);
        const now = await versions("flowers");
        expect(now.length - count).toBeLessThanOrEqual(1); // no version twice
        expect(now[0]?.percent).toBe(100);
        expect(calls.filter(({ action }) => action === "CreateChangeSet")).toEqual([]);
        count = now.length;
      }
      expect(at.length).toBeGreaterThan(5);
      halves.push(...at);
    },
    RUNS_MS,
  );

  it("was killed after each of the calls that write", () => {
    expect(halves).toEqual(
      expect.arrayContaining(["UpdateFunctionCode", "PublishVersion", "Invoke", "UpdateAlias"]),
    );
  });

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
