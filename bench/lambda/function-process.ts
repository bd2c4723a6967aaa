/**
 * The function under test, as an image has it: bundled by the packager, a process of its own on one core, its access log in
 * a file.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleService } from "../../packager/bundle.ts";
import { readProject } from "../../packager/project.ts";
import { flatModel, WIDTH } from "./flat-model.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Of the kernel's clock, as all of Linux has it for programs. */
const TICK_MS = 10;

const SERVICE = `
import { model, service, tensor } from "bentokit";
import * as z from "zod";
export const flat = service({
  name: "flat",
  models: { net: model("flat:v1") },
  apis: ({ api }) => ({
    predict: api({
      input: { x: z.array(z.number()) },
      output: z.array(z.number()),
      async run({ x }, { models }) {
        const { Y } = await models.net.run({ X: tensor("float32", [1, ${WIDTH}], x) });
        return Array.from(Y.data, Number);
      },
    }),
  }),
});`;

export interface FunctionProcess extends AsyncDisposable {
  /** Lines of metrics so far. */
  readonly metrics: readonly Readonly<Record<string, unknown>>[];
  /** Resident bytes now. */
  residentBytes(): Promise<number>;
  /** Of all its threads since it started, in milliseconds. */
  processorMs(): Promise<number>;
  /** The exit code, once it has drained. */
  stop(): Promise<number | null>;
}

export interface FunctionOptions {
  /** Empty; the bento is written there. */
  readonly folder: string;
  /** Of the model: what makes it slow. */
  readonly layers: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the processor it runs on. */
  readonly core: number;
}

export async function startFunction(options: FunctionOptions): Promise<FunctionProcess> {
  const { folder, core, environment } = options;
  await writeBento(options);
  const log = openSync(join(folder, "function.log"), "w");
  const command = [String(core), process.execPath, join(folder, "src", "main.js")];
  const child: ChildProcess = spawn("taskset", ["-c", ...command], {
    cwd: folder,
    stdio: ["ignore", "pipe", log],
    env: { PATH: process.env["PATH"], ORT_DISABLE_TELEMETRY: "1", ...environment },
  });
  closeSync(log);
  const metrics: Record<string, unknown>[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    metrics.push(...lines.map((line) => JSON.parse(line)));
  });
  const exited = once(child, "close");
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await exited;
    return typeof code === "number" ? code : null;
  };
  return {
    metrics,
    stop,
    async residentBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    },
    async processorMs() {
      const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return TICK_MS * (Number(fields[11]) + Number(fields[12])); // utime and stime
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        await stop();
      }
    },
  };
}

async function writeBento({ folder, layers }: FunctionOptions): Promise<void> {
  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "service.ts"), SERVICE);
  const { files } = await bundleService(await readProject(".", project));
  for (const [path, content] of files) {
    const target = join(folder, "src", path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  await symlink(MODULES, join(folder, "node_modules"));
  await writeFile(join(folder, "model.onnx"), flatModel(layers));
  const digest = `sha256:${"0".repeat(64)}`;
  const net = { tag: "flat:v1", digest, path: "model.onnx", batchable: true };
  const runtime = { name: "flat", version: "v1", digest, models: { net } };
  await writeFile(join(folder, "bento.json"), JSON.stringify(runtime));
}
