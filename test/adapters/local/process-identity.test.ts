import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isAlive, processIdentity } from "../../../adapters/local/process-identity.ts";

describe("processIdentity", () => {
  it("is the same each time for one process and another for another", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
    const exit = once(child, "exit");
    const pid = child.pid ?? 0;
    const identity = await processIdentity(pid);
    expect(identity).toEqual(expect.any(String));
    expect(await processIdentity(pid)).toBe(identity);
    expect(await processIdentity(process.pid)).not.toBe(identity);
    child.kill("SIGKILL");
    await exit;
    expect(await processIdentity(pid)).toBeUndefined();
  });
});

describe("isAlive", () => {
  it("takes a pid that was used again for what it is: somebody else", async () => {
    const identity = (await processIdentity(process.pid)) ?? "";
    expect(await isAlive({ pid: process.pid, identity })).toBe(true);
    expect(await isAlive({ pid: process.pid, identity: `${identity}0` })).toBe(false);
    expect(await isAlive({ pid: process.pid, identity: "gone" })).toBe(false);
  });
});
