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

describe("a deploy that is interrupted", () => {
  it("ends with 130, leaves what ran, and says how to go on", async () => {
    const name = "interrupted";
    const url = (await cli.raw(`deploy greeter --platform local --name ${name} --yes`)).trim();
    const before = await rememberedProcesses(folderOf(name));
    const argv = ["deploy", "greeter", "--platform", "local", "--name", name, "--yes"];
    await using deploy = startCli(cli, [...argv, "--set-env", "LEVEL=3"]);
    await deploy.said("✓ start");
    deploy.child.kill("SIGINT");
    expect(await deploy.ended).toEqual([130, null]);
    expect(deploy.err.split("\n").slice(-4)).toEqual([
      "error: interrupted",
      `  at: deployment ${name} on local, environment default`,
      expect.stringMatching(
        /^ {2}do: rolled back: greeter:\w+ runs at \S+; go on with the same options: bento deploy greeter:\w+ --platform local --name interrupted$/,
      ),
      "",
    ]);
    expect(await rememberedProcesses(folderOf(name))).toEqual(before);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await cli.must(`deployment destroy ${name} --yes`);
  });
});
