/**
 * Bentos whose service is thirty lines of plain Node, for tests of what deploys and not of what serves: one api,
 * `double`, with every way to go wrong.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BentoManifest, runtimeManifest } from "../../core/bento-manifest.ts";
import { digestOf } from "../../core/digest.ts";

export type Behaviour =
  | "good"
  | "dies-at-start"
  | "never-ready"
  | "wrong-answer"
  | "wrong-version"
  | "ignores-sigterm";

const MAIN = `
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
const bento = JSON.parse(readFileSync("bento.json", "utf8"));
const behaviour = process.env.BEHAVIOUR;
console.log("starting " + bento.name + ":" + bento.version);
if (behaviour === "dies-at-start") {
  console.error("Error: the model file is not there");
  process.exit(3);
}
const version = behaviour === "wrong-version" ? "other" : bento.version;
const server = createServer(async (request, response) => {
  response.setHeader("x-bento", bento.name + ":" + version);
  if (request.url === "/readyz") {
    response.statusCode = behaviour === "never-ready" ? 503 : 200;
    response.end();
    return;
  }
  if (request.url === "/environment") {
    response.end(JSON.stringify(process.env));
    return;
  }
  let body = "";
  for await (const part of request) body += part;
  const { x } = JSON.parse(body);
  console.log("double " + x);
  response.end(JSON.stringify({ y: behaviour === "wrong-answer" ? 3 * x : 2 * x }));
});
server.listen(Number(process.env.PORT), process.env.BENTO_HOST);
process.on("SIGTERM", () => {
  if (behaviour !== "ignores-sigterm") server.close(() => process.exit(0));
  server.closeIdleConnections();
});
`;

const GOLDEN = [
  { input: { x: 2 }, output: { y: 4 } },
  { input: { x: 0.1 }, output: { y: 0.200001 } },
];

/** A manifest for tests: valid, with nothing in it that a test did not ask for. */
export function stubManifest(overrides: Partial<BentoManifest> = {}): BentoManifest {
  return {
    schema: 1,
    name: "stub_service",
    version: "v1",
    labels: {},
    service: "stub_service",
    apis: [{ name: "double", kind: "api" }],
    models: [
      {
        key: "iris",
        asked: "iris:latest",
        name: "iris",
        version: "a1",
        digest: digestOf("iris a1"),
        entry: "model.onnx",
        files: [{ path: "model.onnx", digest: digestOf("onnx"), size: 4 }],
        batchable: false,
      },
    ],
    resources: {},
    traffic: {},
    env: [],
    runtime: { bentokit: "0.1.0", node: "24", onnxruntime: "1.30.0" },
    docker: {},
    files: [],
    ...overrides,
  };
}

/** A manifest whose service behaves so; it is a bento of its own, since the behaviour is part of it. */
export function stubBehaving(
  behaviour: Behaviour,
  overrides: Partial<BentoManifest> = {},
): BentoManifest {
  return stubManifest({ docker: { env: { BEHAVIOUR: behaviour } }, ...overrides });
}

/** Writes a bento as `materialise` would leave it. */
export async function writeStub(directory: string, manifest: BentoManifest): Promise<void> {
  await mkdir(join(directory, "src"), { recursive: true });
  await mkdir(join(directory, "golden"), { recursive: true });
  await writeFile(join(directory, "package.json"), '{"type":"module"}\n');
  await writeFile(join(directory, "src", "main.js"), MAIN);
  await writeFile(join(directory, "bento.json"), JSON.stringify(runtimeManifest(manifest)));
  const lines = GOLDEN.map((request) => `${JSON.stringify(request)}\n`);
  await writeFile(join(directory, "golden", "double.jsonl"), lines.join(""));
}
