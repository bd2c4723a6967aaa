import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processIdentity } from "../../adapters/local/process-identity.ts";
import { withLock } from "../../deploy/lock.ts";
import { tempDir } from "../support/temp-dir.ts";

const KEY = { platform: "local", environment: "prod", name: "iris" };
const NOW = new Date(Date.UTC(2026, 0, 1));

function runtimeIn(home: string, by?: string) {
  return { home, by, now: () => NOW };
}

describe("withLock", () => {
  it("lets the next one in when the work is done, also when it failed", async () => {
    await using dir = await tempDir();
    const runtime = runtimeIn(dir.path);
    const failing = async () => {
      throw new Error("no");
    };
    expect(await withLock(KEY, runtime, { work: "one", doWork: async () => 1 })).toBe(1);
    await expect(withLock(KEY, runtime, { work: "two", doWork: failing })).rejects.toThrow("no");
    expect(await withLock(KEY, runtime, { work: "three", doWork: async () => 3 })).toBe(3);
    expect(await readdir(join(dir.path, "run/locks/local/prod/iris"))).toEqual(["0000000003.free"]);
  });

  it("refuses a second one meanwhile, and says who is at it", async () => {
    await using dir = await tempDir();
    const second = withLock(KEY, runtimeIn(dir.path, "ann"), {
      work: "deploy iris:v1",
      doWork: () => withLock(KEY, runtimeIn(dir.path), { work: "destroy", doWork: async () => 2 }),
    });
    await expect(second).rejects.toMatchObject({
      code: "BENTO_CONFLICT",
      exitCode: 4,
      message: `process ${process.pid} is at it: deploy iris:v1, since 2026-01-01T00:00:00.000Z by ann`,
      where: "deployment iris on local, environment prod",
      hint: "wait until it is done, look at what stands then, and do it again",
    });
  });

  it("leaves other deployments alone", async () => {
    await using dir = await tempDir();
    const runtime = runtimeIn(dir.path);
    const other = { ...KEY, environment: "staging" };
    const inside = () => withLock(other, runtime, { work: "two", doWork: async () => 2 });
    expect(await withLock(KEY, runtime, { work: "one", doWork: inside })).toBe(2);
  });

  it.each([
    ["that has ended", { pid: process.pid, identity: "another start" }],
    ["that nobody can name", "{"],
  ])("takes over from a process %s", async (_what, holder) => {
    await using dir = await tempDir();
    const folder = join(dir.path, "run/locks/local/prod/iris");
    await mkdir(folder, { recursive: true });
    const text =
      typeof holder === "string" ? holder : JSON.stringify({ ...holder, at: "", work: "" });
    await writeFile(join(folder, "0000000007.lock"), text);
    const runtime = runtimeIn(dir.path);
    expect(await withLock(KEY, runtime, { work: "deploy", doWork: () => readdir(folder) })).toEqual(
      ["0000000008.lock"],
    );
  });

  it.each(["nothing", "a free lock", "a dead lock"])(
    "lets one of many in at a time, over %s",
    async (before) => {
      await using dir = await tempDir();
      const folder = join(dir.path, "run/locks/local/prod/iris");
      await mkdir(folder, { recursive: true });
      if (before !== "nothing") {
        const identity = before === "a dead lock" ? "dead" : await processIdentity(process.pid);
        const name = before === "a dead lock" ? "0000000003.lock" : "0000000003.free";
        const holder = { pid: process.pid, identity, at: "", work: "" };
        await writeFile(join(folder, name), JSON.stringify(holder));
      }
      let inside = 0;
      let most = 0;
      const doWork = async () => {
        inside += 1;
        most = Math.max(most, inside);
        await readdir(folder);
        inside -= 1;
      };
      const attempts = Array.from({ length: 30 }, () =>
        withLock(KEY, runtimeIn(dir.path), { work: "deploy", doWork }),
      );
      const outcomes = await Promise.allSettled(attempts);
      expect(most).toBe(1);
      expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(new Set(refused.map(({ reason }) => reason.code))).toEqual(
        new Set(refused.length === 0 ? [] : ["BENTO_CONFLICT"]),
      );
    },
  );
});
