import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsLambdaAdapter } from "../../adapters/aws-lambda/adapter.ts";
import { installLine } from "../../adapters/peers.ts";
import { packPackage } from "../support/pack-package.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const run = promisify(execFile);
const MINUTES = 60_000;

describe("the packed package in an empty project", () => {
  let packed: TempDir;
  let user: TempDir;
  let project: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    packed = await tempDir();
    user = await tempDir();
    project = join(user.path, "my-service");
    const tarball = await packPackage(packed.path);
    await mkdir(project);
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "commonjs" }\n');
    environment = {
      ...process.env,
      // as a user has it: Node on the PATH, this repository nowhere
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      NODE_OPTIONS: "",
      BENTO_HOME: join(user.path, "home"),
      ONNXRUNTIME_NODE_INSTALL: "skip",
    };
    const flags = ["--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", ["install", tarball, "zod@4.6.7", ...flags], {
      cwd: project,
      env: environment,
    });
  }, 4 * MINUTES);

  afterAll(async () => {
    await packed[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  const bento = async (...argv: string[]) =>
    run(join(project, "node_modules", ".bin", "bento"), argv, { cwd: project, env: environment });

  it("brings no Node binary and no platform's library", async () => {
    const installed = await readdir(join(project, "node_modules"));
    const unwanted = installed.filter((name) => /^node-linux|^aws-cdk|^constructs$/.test(name));
    expect(unwanted).toEqual([]);
    const manifest = JSON.parse(
      await readFile(join(project, "node_modules", "bentokit", "package.json"), "utf8"),
    );
    expect(manifest.optionalDependencies).toBeUndefined();
  });

  it("makes a project that passes its own test", { timeout: 2 * MINUTES }, async () => {
    await bento("init");
    const { stdout } = await run("npm", ["test"], { cwd: project, env: environment });
    expect(stdout).toMatch(/pass 2\n/);
    expect(stdout).toMatch(/fail 0\n/);
  });

  it("serves that project", { timeout: MINUTES }, async () => {
    const server = spawn(join(project, "node_modules", ".bin", "bento"), ["serve", "--port", "0"], {
      cwd: project,
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      const url = await listeningAt(server);
      const flower = { sepal_length: 6.3, sepal_width: 3.3, petal_length: 6, petal_width: 2.5 };
      const response = await fetch(`${url}/classify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ features: [flower] }),
      });
      expect(await response.json()).toEqual(["virginica"]);
    } finally {
      const ended = new Promise((done) => server.once("close", done));
      server.kill("SIGTERM");
      await ended;
    }
  });

  it("builds it and prints the one install line where a cloud platform's library is absent", {
    timeout: MINUTES,
  }, async () => {
    const { stdout: tag } = await bento("build", "-o", "tag");
    expect(tag).toMatch(/^my-service:[0-9a-f]{16}\n$/);
    const names = awsLambdaAdapter.peers.map(({ name }) => name);
    const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
    await expect(bento("deploy", tag.trim(), "--platform", "aws-lambda")).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: [
        `error: aws-lambda needs ${list}, not installed here`,
        `  at: ${project}`,
        `  do: ${installLine(awsLambdaAdapter.peers)}`,
        "",
      ].join("\n"),
    });
  });
});

async function listeningAt(server: ChildProcess): Promise<string> {
  if (server.stderr === null) {
    throw new Error("the server's stderr is not at hand");
  }
  const seen: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    seen.push(line);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) {
      return url;
    }
  }
  throw new Error(`the server ended:\n${seen.join("\n")}`);
}
