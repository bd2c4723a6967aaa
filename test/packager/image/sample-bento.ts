/**
 * A small bento, base and onnxruntime on disk, made of text, for tests of what happens to files.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BentoManifest } from "../../../core/bento-manifest.ts";
import { canonicalJson } from "../../../core/canonical-json.ts";
import { digestOf } from "../../../core/digest.ts";
import { composeImage, writeImage } from "../../../oci/image.ts";
import { buildLayer } from "../../../oci/layer.ts";
import { createLayout } from "../../../oci/layout.ts";
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import type { ResolvedBase } from "../../../packager/base/resolve-base.ts";
import { elfFile } from "../../support/elf-file.ts";
import { sampleLibraries } from "./sample-libraries.ts";

/** Files by path below a directory. */
export type Files = Readonly<Record<string, string | Uint8Array>>;
/** Texts by name. */
type Texts = Readonly<Record<string, string>>;

export async function writeFiles(directory: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

const SERVICE_FILES: Texts = {
  "README.md": "# iris\n",
  "apis/openapi.json": "{}\n",
  "apis/schema.json": "{}\n",
  "env/package-lock.json": "{}\n",
  "golden/classify.jsonl": "{}\n",
  "src/main.js": 'console.log("ready");\n',
  "src/package.json": '{"type":"module"}\n',
  "src/service.js": "export default {};\n",
};

/** Writes a bento with one model under two names and returns what its bento.yaml says. */
export async function writeSampleBento(
  directory: string,
  changes: { readonly files?: Texts; readonly model?: string; readonly env?: Texts } = {},
): Promise<BentoManifest> {
  const weights = changes.model ?? "weights of iris";
  const files = { ...SERVICE_FILES, ...changes.files };
  const stored = (path: string, text: string) => ({
    path,
    digest: digestOf(text),
    size: text.length,
  });
  const model = (key: string) => ({
    key,
    asked: "iris:latest",
    name: "iris",
    version: "v1",
    digest: digestOf(weights),
    entry: "model.onnx",
    files: [stored("model.onnx", weights)],
    batchable: true,
  });
  const manifest = BentoManifest.parse({
    schema: 1,
    name: "iris_classifier",
    version: "abc123",
    service: "iris_classifier",
    apis: [{ name: "classify", kind: "api" }],
    models: [model("again"), model("iris")],
    resources: {},
    traffic: {},
    env: [],
    runtime: { bentokit: "0.1.0", node: "24", onnxruntime: "1.30.0" },
    docker: changes.env === undefined ? {} : { env: changes.env },
    files: Object.entries(files).map(([path, text]) => stored(path, text)),
  });
  await writeFiles(directory, {
    ...files,
    "models/iris/v1/model.onnx": weights,
    "bento.yaml": canonicalJson(manifest, 2),
    "not-in-manifest.txt": "never packed",
  });
  return manifest;
}

/** A base of one layer that is no real system. */
export async function writeSampleBase(
  directory: string,
  changes: { readonly entries?: readonly TarEntry[]; readonly labels?: Texts } = {},
): Promise<ResolvedBase> {
  const layout = await createLayout(directory);
  const entries = changes.entries ?? [
    { ...tarFile("usr/local/bin/node", "no real node"), executable: true },
    { kind: "directory", path: "tmp", shared: true } as const,
    ...sampleLibraries(),
  ];
  const layer = await buildLayer({ entries, compression: "gzip", sink: layout });
  const image = composeImage({
    platform: "linux/amd64",
    layers: [{ title: "os", ...layer }],
    start: {
      entrypoint: ["/usr/local/bin/node"],
      workingDirectory: "/",
      user: "0:0",
      env: { SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt" },
      labels: changes.labels ?? { "org.bentokit.node": "/usr/local/bin/node" },
      ports: [],
    },
  });
  await writeImage(layout, image);
  return { layout, manifestDigest: image.descriptor.digest, nodePath: "/usr/local/bin/node" };
}

/** A folder that looks like an installed onnxruntime-node, with files that no image needs. */
export async function writeSampleOnnxruntime(directory: string): Promise<string> {
  const common = "node_modules/onnxruntime-common";
  await writeFiles(directory, {
    "package.json": '{"name":"onnxruntime-node","main":"dist/index.js"}',
    "dist/index.js": "",
    "dist/index.d.ts": "",
    "dist/binding.js": "",
    "script/install.js": "",
    "bin/napi-v6/linux/x64/libonnxruntime.so.1": elfFile({ soname: "libonnxruntime.so.1" }),
    "bin/napi-v6/linux/x64/onnxruntime_binding.node": elfFile({ needed: ["libonnxruntime.so.1"] }),
    "bin/napi-v6/linux/arm64/libonnxruntime.so.1": elfFile({
      machine: "arm64",
      soname: "libonnxruntime.so.1",
    }),
    "bin/napi-v6/linux/arm64/onnxruntime_binding.node": elfFile({
      machine: "arm64",
      needed: ["libonnxruntime.so.1"],
    }),
    "bin/napi-v6/win32/x64/onnxruntime.dll": "other system",
    [`${common}/package.json`]: '{"name":"onnxruntime-common","main":"dist/cjs/index.js"}',
    [`${common}/dist/cjs/index.js`]: "",
    [`${common}/dist/cjs/index.js.map`]: "",
    [`${common}/dist/cjs/package.json`]: '{"type":"commonjs"}',
    [`${common}/dist/esm/index.js`]: "",
  });
  return directory;
}
