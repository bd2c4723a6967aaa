/**
 * The script of the GitHub Action: runs one `bento` command and writes its answer to GITHUB_OUTPUT. It needs Node alone,
 * as it runs before anything is installed.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { commandLine, type Inputs } from "./command-line.ts";
import { formatOutputs, outputsOf } from "./outputs.ts";

interface Ended {
  readonly exitCode: number;
  readonly out: string;
}

/** The project's own `bento`, else the package from the registry. */
function programOf({ version }: Inputs): readonly [program: string, ...words: string[]] {
  const installed = resolve("node_modules/.bin/bento");
  return existsSync(installed)
    ? [installed]
    : ["npx", "--yes", "--package", `bentokit@${version || "latest"}`, "--package", "zod", "bento"];
}

function run([program, ...words]: readonly [string, ...string[]]): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      out += piece;
    });
    child.on("error", failed);
    child.on("close", (code) => done({ exitCode: code ?? 1, out }));
  });
}

/** A line that GitHub shows at the top of the run. */
function annotate(message: string): void {
  const escaped = message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  process.stdout.write(`::error title=bento::${escaped}\n`);
}

/** What `models promote` leaves out: the digest of what it promoted. */
async function withDigest(inputs: Inputs, answer: unknown): Promise<unknown> {
  const { tag } = outputsOf(answer);
  if (inputs["command"] !== "promote" || tag === "") {
    return answer;
  }
  const store = inputs["store"] ? [`--store=${inputs["store"]}`] : [];
  const { out } = await run([...programOf(inputs), "models", "get", ...store, "--json", "--", tag]);
  const { digest } = outputsOf(JSON.parse(out));
  return { ...Object(answer), digest };
}

async function main(): Promise<number> {
  const inputs: Inputs = JSON.parse(process.env["BENTO_ACTION_INPUTS"] ?? "{}");
  let words: readonly string[];
  try {
    words = commandLine(inputs);
  } catch (error) {
    annotate(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const { exitCode, out } = await run([...programOf(inputs), ...words]);
  process.stdout.write(out);
  if (exitCode !== 0) {
    annotate(`bento ${inputs["command"]} ended with exit code ${exitCode}; the log says why`);
    return exitCode;
  }
  const outputs = outputsOf(await withDigest(inputs, JSON.parse(out)));
  const file = process.env["GITHUB_OUTPUT"];
  if (file !== undefined && file !== "") {
    await appendFile(file, formatOutputs(outputs, `bento-${randomUUID()}`));
  }
  return 0;
}

process.exitCode = await main();
