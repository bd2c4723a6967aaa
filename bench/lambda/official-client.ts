/**
 * The same model behind AWS's own client of the Runtime API, as its README has a function written: a handler that loads
 * the model once and runs it for each event.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { flatModel, WIDTH } from "./flat-model.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";

export const OFFICIAL_CLIENT = "aws-lambda-ric@4.0.2";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const INSTALL_MS = 300_000;

const HANDLER = `
import { createRequire } from "node:module";
const { InferenceSession, Tensor } = createRequire(import.meta.url)("onnxruntime-node");
const session = await InferenceSession.create(process.env.MODEL, { intraOpNumThreads: 1 });
export const handler = async ({ x }) => {
  const { Y } = await session.run({ X: new Tensor("float32", Float32Array.from(x), [1, ${WIDTH}]) });
  return Array.from(Y.data);
};`;

/**
 * Installs the client once; its native part is compiled.
 *
 * @returns its entry point, or in words why it is not there
 */
export async function installOfficialClient(): Promise<{ entry: string } | { missing: string }> {
  const prefix = join(ROOT, ".tmp", "bench-lambda", "official-client");
  const entry = join(prefix, "node_modules", "aws-lambda-ric", "index.mjs");
  const native = join(prefix, "node_modules", "aws-lambda-ric", "rapid-client.node");
  const isThere = () => stat(native).then(Boolean, () => false);
  if (!(await isThere())) {
    await mkdir(prefix, { recursive: true });
    const args = ["install", "--prefix", prefix, "--no-save", "--ignore-scripts=false"];
    const said = await promisify(execFile)("npm", [...args, OFFICIAL_CLIENT], {
      cwd: prefix,
      timeout: INSTALL_MS,
    }).then(
      () => "no rapid-client.node was built",
      (error: unknown) => String(Object(error).stderr ?? error),
    );
    if (!(await isThere())) {
      return { missing: said.trim().split("\n").slice(-1)[0] ?? "" };
    }
  }
  return { entry };
}

export interface OfficialOptions {
  /** Of the client. */
  readonly entry: string;
  /** Empty; the function is written there. */
  readonly folder: string;
  readonly layers: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly core: number;
}

export async function startOfficial(options: OfficialOptions): Promise<MeasuredProcess> {
  const { entry, folder, layers, core } = options;
  const model = join(folder, "model.onnx");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "app.mjs"), HANDLER);
  await writeFile(model, flatModel(layers));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return startMeasured({
    args: [entry],
    directory: folder,
    core,
    log: join(folder, "function.log"),
    environment: {
      MODEL: model,
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: "app.handler",
      AWS_LAMBDA_FUNCTION_NAME: "flat",
      AWS_LAMBDA_FUNCTION_VERSION: "1",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
      AWS_LAMBDA_LOG_GROUP_NAME: "flat",
      AWS_LAMBDA_LOG_STREAM_NAME: "flat",
      ...options.environment,
    },
  });
}
