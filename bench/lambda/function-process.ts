/**
 * The function under test, as an image has it: bundled by the packager, a process of its own on one core, its access log in
 * a file.
 *
 * @module
 */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleService } from "../../packager/bundle.ts";
import { readProject } from "../../packager/project.ts";
import { flatModel, WIDTH } from "./flat-model.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

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

export interface FunctionProcess extends MeasuredProcess {
  /** Lines of metrics so far. */
  readonly metrics: readonly Readonly<Record<string, unknown>>[];
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
  const metrics: Record<string, unknown>[] = [];
  const started = startMeasured({
    args: [join(folder, "src", "main.js")],
    directory: folder,
    environment,
    core,
    log: join(folder, "function.log"),
    onLine: (line) => void metrics.push(JSON.parse(line)),
  });
  return { ...started, metrics };
}

async function writeBento({ folder, layers }: FunctionOptions): Promise<void> {
  const project = join(folder, "project");
  await mkdir(project, { recursive: true });
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
