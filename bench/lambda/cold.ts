/**
 * A cold start on Lambda's contract, by phase: the image of the iris fixture, unpacked, under bubblewrap with a read-only
 * root, another user and nothing writable but `/tmp`, started for an event that waits for it. Beside it, in the same box,
 * a bare Node that loads onnxruntime and runs the same model once.
 * `npm run bench:lambda-cold -- --starts 15`
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { testCli } from "../../test/support/cli.ts";
import { runtimeApiServer } from "../../test/support/runtime-api-server.ts";
import { type Figure, figureOf, formatTable } from "../http/figures.ts";
import { estimate } from "../http/statistics.ts";

const { values } = parseArgs({ options: { starts: { type: "string", default: "15" } } });
const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const EVENT = { api: "classify", body: { features: [FLOWER] } };

/** Where the image has its parts. */
interface Image {
  readonly root: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Of the model, within it. */
  readonly model: string;
}

interface Start {
  /** From the start of the box until Node takes the first line of code. */
  readonly nodeMs: number;
  readonly codeMs: number;
  readonly serviceMs: number;
  readonly answerMs: number;
  readonly totalMs: number;
}

await using cli = await testCli();
const image = await makeImage();
await startOurs(image); // its files are in the system's cache from here on
const ours: Start[] = [];
const bare: number[] = [];
for (let count = 0; count < Number(values.starts); count += 1) {
  bare.push(await startBare(image));
  ours.push(await startOurs(image));
}
console.log(formatTable(table()));

function table(): Figure[] {
  const phase = (name: string, key: keyof Start, note: string) =>
    figureOf(name, estimate(ours.map((start) => start[key])), { note });
  const note = "in the same box: Node, onnxruntime, the same model, one run";
  return [
    phase("box and Node, ms", "nodeMs", "bubblewrap, the process, Node's own start"),
    phase("code, ms", "codeMs", "the bundle: handler, service, zod"),
    phase(
      "service, ms",
      "serviceMs",
      "onnxruntime, the model, hooks, routes; Lambda's init ends here",
    ),
    phase("first answer, ms", "answerMs", "event to answer"),
    phase("cold start, ms", "totalMs", "process start to first answer"),
    figureOf("bare Node, ms", estimate(bare), { note }),
    figureOf("ratio", estimate(ours.map(({ totalMs }, at) => totalMs / (bare[at] ?? Number.NaN))), {
      note: "of each pair",
    }),
  ];
}

async function makeImage(): Promise<Image> {
  const model = "models/iris_random_forest/model.onnx";
  await cli.must(`models import ${FIXTURES}${model} --name iris_classifier`);
  const tag = (await cli.raw(`build ${FIXTURES}iris -o tag`)).trim();
  await cli.must("base build --output oci:base");
  await cli.must(`containerize ${tag} --base oci:base --output oci:image`);
  const { inspectImage } = await import("../../oci/inspect-image.ts");
  const { openLayout } = await import("../../oci/layout.ts");
  const { unpackImage } = await import("../../oci/unpack-image.ts");
  const layout = await openLayout(join(cli.work, "image"));
  const found = await inspectImage(layout, {});
  const root = join(cli.work, "rootfs");
  await mkdir(root);
  await unpackImage({ layout, image: found, directory: root });
  const { Entrypoint, Cmd, Env, WorkingDir } = found.config.config ?? {};
  for (const path of ["proc", "dev", "tmp"]) {
    await mkdir(join(root, path), { recursive: true });
  }
  const files = await readdir(root, { recursive: true });
  return {
    root,
    command: [...(Entrypoint ?? []), ...(Cmd ?? [])],
    environment: Object.fromEntries(
      (Env ?? []).map((line) => [
        line.slice(0, line.indexOf("=")),
        line.slice(line.indexOf("=") + 1),
      ]),
    ),
    directory: WorkingDir ?? "/",
    model: `/${files.find((path) => path.endsWith(".onnx"))}`,
  };
}

function startBox(
  { root, directory }: Image,
  environment: Record<string, string>,
  command: string[],
) {
  const box = [
    ...["--unshare-user", "--uid", "65532", "--gid", "65532", "--unshare-pid", "--as-pid-1"],
    ...["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["--die-with-parent", "--chdir", directory, "--"],
  ];
  return spawn("bwrap", [...box, ...command], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function startOurs(of: Image): Promise<Start> {
  await using api = await runtimeApiServer();
  const startedAt = performance.now();
  const environment = {
    ...of.environment,
    AWS_LAMBDA_RUNTIME_API: api.host,
    AWS_LAMBDA_FUNCTION_NAME: "iris",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769",
  };
  const child = startBox(of, environment, [...of.command]);
  child.stdout.resume();
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = once(child, "close");
  const ended = exited.then(() => {
    throw new Error(`it ended before it answered:\n${log}`);
  });
  ended.catch(() => {});
  await Promise.race([api.whenIdle(1), ended]);
  const polledAt = performance.now();
  const invoked = await api.invoke(EVENT);
  const answeredAt = performance.now();
  if (invoked.kind !== "answer" || invoked.body !== '["setosa"]') {
    throw new Error(`answered ${JSON.stringify(invoked)}`);
  }
  child.kill("SIGTERM");
  await exited;
  const started = log
    .split("\n")
    .filter((line) => line.includes('"msg":"started"'))
    .map((line) => JSON.parse(line))[0];
  const codeMs = Number(started.codeMs);
  const serviceMs = Number(started.serviceMs);
  const initMs = polledAt - startedAt;
  return {
    nodeMs: initMs - codeMs - serviceMs,
    codeMs,
    serviceMs,
    answerMs: answeredAt - polledAt,
    totalMs: answeredAt - startedAt,
  };
}

/** What anyone who serves with onnxruntime-node has to wait for. */
async function startBare(of: Image): Promise<number> {
  const source = `
const { InferenceSession, Tensor } = require("onnxruntime-node");
InferenceSession.create(${JSON.stringify(of.model)}).then(async (session) => {
  await session.run({ X: new Tensor("float32", new Float32Array([5.1, 3.5, 1.4, 0.2]), [1, 4]) });
  process.stdout.write("done");
});`;
  const [node = ""] = of.command;
  const startedAt = performance.now();
  const child = startBox(of, { ...of.environment }, [node, "-e", source]);
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const [chunk] = await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  const tookMs = performance.now() - startedAt;
  if (!String(chunk).includes("done")) {
    throw new Error(`the bare one failed: ${said.join("")}`);
  }
  await once(child, "close").catch(() => {});
  return tookMs;
}
