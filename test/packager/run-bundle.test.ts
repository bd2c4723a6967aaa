import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { processIdentity } from "../../adapters/local/process-identity.ts";
import { tempDir } from "../support/temp-dir.ts";

const MODULE = new URL("../../packager/run-bundle.ts", import.meta.url).href;

describe("runBundle", () => {
  it("leaves no process when its own is killed, whatever the bundle does", async () => {
    await using dir = await tempDir();
    const bundle = join(dir.path, "service.mjs");
    const pidFile = join(dir.path, "pid");
    await writeFile(
      bundle,
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); for (;;);`,
    );
    const script = `import(${JSON.stringify(MODULE)}).then(({ runBundle }) => runBundle(${JSON.stringify(bundle)}, { timeLimitMs: 600_000 }))`;
    const caller = spawn(
      process.execPath,
      ["--no-warnings", "--conditions=bentokit-source", "-e", script],
      { stdio: "ignore", cwd: pathToFileURL(dir.path) },
    );
    const readPid = async () => Number(await readFile(pidFile, "utf8").catch(() => "0"));
    await expect.poll(readPid, { timeout: 20_000 }).toBeGreaterThan(0);
    const pid = await readPid();
    expect(await processIdentity(pid)).toBeDefined();
    caller.kill("SIGKILL");
    await once(caller, "exit");
    await expect.poll(() => processIdentity(pid), { timeout: 10_000 }).toBeUndefined();
  });
});
