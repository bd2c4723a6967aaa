/**
 * Deploys that are killed at each of their steps, as real processes: what they leave is found and taken away.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rememberedProcesses } from "../../adapters/local/process-files.ts";
import { isAlive } from "../../adapters/local/process-identity.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { startCli } from "../support/cli-process.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeGreeter(cli, {
    "golden/greet.jsonl": '{"input": {"name": "a"}, "output": "hello a"}\n',
  });
  await cli.must("build");
});

afterAll(() => cli[Symbol.asyncDispose]());

/** Deploys, and kills it as soon as a step has ended. @returns the processes that it has left */
async function killedAfter(step: string, name: string) {
  const argv = ["deploy", "greeter", "--platform", "local", "--name", name, "--yes"];
  await using deploy = startCli(cli, argv);
  await deploy.said(`✓ ${step}`);
  deploy.child.kill("SIGKILL");
  await deploy.ended;
  return await rememberedProcesses(folderOf(name));
}

function folderOf(name: string): string {
  return join(cli.home, "run", "local", "default", name);
}

describe("a first deploy that is killed", () => {
  it.each(["start", "ready", "verify"])(
    "after %s is ended by destroy, with all that it left",
    async (step) => {
      const name = `after-${step}`;
      const left = await killedAfter(step, name);
      expect((await cli.bento(`deployment destroy ${name} --yes`)).exitCode).toBe(0);
      expect(await Promise.all(left.map(isAlive))).toEqual(left.map(() => false));
      expect(await readdir(join(cli.home, "run", "local", "default"))).toEqual([]);
    },
  );

  it("is followed by one that leaves a single process", async () => {
    const left = await killedAfter("ready", "again");
    expect(left).toHaveLength(1);
    await cli.must("deploy greeter --platform local --name again --yes");
    const running = await rememberedProcesses(folderOf("again"));
    expect(running).toHaveLength(1);
    expect(await Promise.all([...left, ...running].map(isAlive))).toEqual([false, true]);
    await cli.must("deployment destroy again --yes");
  });
});
