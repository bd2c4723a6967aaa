/**
 * Measures images against their targets on this machine: `npm run bench:image`, with `--base oci:DIR` on a base that is
 * there. Needs docker-registry; the ratio to buildah is left out where buildah is not installed.
 *
 * @module
 */
import { randomFillSync } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { parseImageRef } from "../../core/image-ref.ts";
import { parseTag } from "../../core/tag.ts";
import { pushModel } from "../../model-store/artifact/push-model.ts";
import { openStore } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import { fileStamps } from "../../oci/file-stamps.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { buildLayer } from "../../oci/layer.ts";
import { openLayerCache } from "../../oci/layer-cache.ts";
import { createLayout } from "../../oci/layout.ts";
import { type PushedImage, pushImage } from "../../oci/registry/push-image.ts";
import { buildBase } from "../../packager/base/build-base.ts";
import { resolveBase } from "../../packager/base/resolve-base.ts";
import { buildBento } from "../../packager/build.ts";
import { containerize } from "../../packager/image/containerize.ts";
import { installedPackage } from "../../packager/own-package.ts";
import { readProject } from "../../packager/project.ts";
import { dockerRegistry } from "../../test/support/docker-registry.ts";
import { bytes, number, onnxFile } from "../../test/support/onnx-file.ts";
import { missingTools } from "../../test/support/tools.ts";
import { buildahOver } from "./buildah.ts";

const { values } = parseArgs({ options: { base: { type: "string" } } });
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PLATFORM = "linux/amd64";
const ROUNDS = 5;
const MODEL_BYTES = 100 * 1024 * 1024;

interface Line {
  readonly what: string;
  readonly value: number;
  readonly unit: "ms" | "bytes" | "MB" | "×";
  /** Most that it may be; least, for a ratio. @default none */
  readonly target?: number;
}

const lines: Line[] = [];

/** Milliseconds of work, and its value. */
async function timed<Value>(work: () => Promise<Value>): Promise<[ms: number, value: Value]> {
  const startedMs = performance.now();
  const value = await work();
  return [performance.now() - startedMs, value];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function setUp(directory: string) {
  const home = join(directory, "home");
  const cacheDirectory = join(home, "cache");
  const stamps = fileStamps(join(cacheDirectory, "stamps"));
  const cache = await openLayerCache({ directory: join(cacheDirectory, "layers"), stamps });
  const given = values.base;
  if (given === undefined) {
    await buildBase({ output: join(directory, "base"), platform: PLATFORM, cacheDirectory });
  }
  const text = given ?? `oci:${join(directory, "base")}`;
  const base = await resolveBase({ base: text, platform: PLATFORM, cacheDirectory, cache });
  const store = await openStore({ home });
  const model = join(ROOT, "fixtures/models/iris_random_forest/model.onnx");
  await store.models.save(model, { name: "iris_classifier", version: "v1" });
  await cp(join(ROOT, "fixtures/iris"), join(directory, "project"), { recursive: true });
  return { home, cacheDirectory, stamps, cache, base, store };
}

const directory = await mkdtemp(join(tmpdir(), "bench-image-"));
try {
  await using registry = await dockerRegistry();
  const { home, cacheDirectory, stamps, cache, base, store } = await setUp(directory);
  const layout = await createLayout(join(home, "images"), { stamps });
  const onnxruntime = await installedPackage("onnxruntime-node");

  const build = async (): Promise<BentoManifest> => {
    const project = await readProject(join(directory, "project"), directory);
    return (await buildBento(project, { store, workDirectory: join(home, "tmp") })).manifest;
  };
  const pack = async (manifest: BentoManifest, to = layout, isCached = true) => {
    const bentoDirectory = await store.bentos.materialise(manifest, cacheDirectory, { stamps });
    const made = await containerize({
      bentoDirectory,
      manifest,
      base,
      platform: PLATFORM,
      onnxruntimeDirectory: onnxruntime.directory,
      layout: to,
      name: manifest.version,
      cache: isCached ? cache : undefined,
    });
    return { ...made, bentoDirectory };
  };
  const push = async (version: string, repository = "bench/iris"): Promise<PushedImage> => {
    const image = (await inspectImage(layout, { name: version })).descriptor;
    const reference = parseImageRef(`${registry.host}/${repository}:${version}`);
    return pushImage({ source: layout, image, reference, mountFrom: () => ["bench/iris"] });
  };

  const first = await build();
  const cold = await createLayout(join(directory, "cold"));
  const [coldMs] = await timed(() => pack(first, cold, false));
  lines.push({ what: "cold build without cache", value: coldMs, unit: "ms", target: 6000 });
  const made = await pack(first);
  const [firstMs] = await timed(() => push(first.version));
  lines.push({ what: "first push", value: firstMs, unit: "ms" });
  const withoutModel = made.layers.filter(({ title }) => !title.startsWith("model "));
  const sizeMb = withoutModel.reduce((sum, layer) => sum + layer.size, 0) / 1e6;
  lines.push({ what: "image without model, compressed", value: sizeMb, unit: "MB", target: 60 });

  const buildah =
    missingTools("buildah").length === 0
      ? await buildahOver(
          join(directory, "buildah"),
          `${registry.host}/bench/iris:${first.version}`,
        )
      : undefined;
  const service = join(directory, "project/service.ts");
  const source = await readFile(service, "utf8");
  const rounds: { all: number; packed: number; uploaded: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await writeFile(service, `${source}\nconsole.debug("round ${round}");\n`);
    const [buildMs, manifest] = await timed(build);
    const [packMs, { bentoDirectory }] = await timed(() => pack(manifest));
    const [pushMs, pushed] = await timed(() => push(manifest.version));
    rounds.push({
      all: buildMs + packMs + pushMs,
      packed: packMs + pushMs,
      uploaded: pushed.uploadedBytes,
      theirs: (await buildah?.rebuild(bentoDirectory)) ?? 0,
    });
  }
  const packedMs = median(rounds.map(({ packed }) => packed));
  const theirsMs = median(rounds.map(({ theirs }) => theirs));
  const uploaded = Math.max(...rounds.map((round) => round.uploaded));
  lines.push(
    {
      what: "code change: bundle, describe, pack, push",
      value: median(rounds.map(({ all }) => all)),
      unit: "ms",
    },
    { what: "code change: pack and push", value: packedMs, unit: "ms", target: 500 },
    { what: "code change: uploaded", value: uploaded, unit: "bytes", target: 64 * 1024 },
  );
  if (buildah !== undefined) {
    lines.push(
      { what: "the same by buildah bud and push", value: theirsMs, unit: "ms" },
      { what: "how many times faster", value: theirsMs / packedMs, unit: "×", target: 5 },
    );
  }
  const [againMs, again] = await timed(() => push(first.version));
  lines.push(
    { what: "push of what is there", value: againMs, unit: "ms", target: 100 },
    {
      what: "push of what is there: uploaded",
      value: again.uploadedBytes,
      unit: "bytes",
      target: 0,
    },
  );
  const [otherMs, other] = await timed(() => push(first.version, "bench/other"));
  lines.push(
    { what: "push to another repository", value: otherMs, unit: "ms" },
    { what: "push to another repository: uploaded", value: other.uploadedBytes, unit: "bytes" },
  );
  await measureModel(store, registry.host);
} finally {
  await rm(directory, { recursive: true, force: true });
}
report();

/** 100 MB of weights: as a layer on disk, and from the store to the registry. */
async function measureModel(store: Store, host: string): Promise<void> {
  const weights = join(directory, "weights.onnx");
  await writeFile(weights, largeModel(), { flush: true });
  const sink = await createLayout(join(directory, "model"));
  const entries = [await diskFile(weights, "app/models/big/v1/weights.onnx")];
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    times.push((await timed(() => buildLayer({ entries, compression: "stored", sink })))[0]);
  }
  const layerMs = median(times);
  lines.push({ what: "layer of a model of 100 MB", value: layerMs, unit: "ms", target: 350 });
  await store.models.save(weights, { name: "big", version: "v1" });
  globalThis.gc?.();
  const beforeMb = residentMb();
  let peakMb = beforeMb;
  const sampling = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb());
  }, 10);
  const target = { to: `oci://${host}/models` };
  const [pushMs] = await timed(() => pushModel(store, parseTag("big:v1"), target));
  clearInterval(sampling);
  const grownMb = peakMb - beforeMb;
  lines.push(
    { what: "the same, store to registry", value: pushMs, unit: "ms", target: 1200 },
    { what: "the same: memory grown", value: grownMb, unit: "MB", target: 64 },
  );
}

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

/** A loadable model with an initializer of random floats. */
function largeModel(): Buffer {
  const length = MODEL_BYTES / 4;
  const raw = randomFillSync(Buffer.alloc(MODEL_BYTES));
  for (let at = 3; at < MODEL_BYTES; at += 4) {
    raw[at] = 0x3f; // between 0.5 and 2, as weights are and infinities are not
  }
  const tensor = [number(1, length), number(2, 1), bytes(8, "weights"), bytes(9, raw)];
  return onnxFile({ graph: [bytes(5, ...tensor)] });
}

function report(): void {
  for (const { what, value, unit, target } of lines) {
    const isKept = target === undefined || (unit === "×" ? value >= target : value <= target);
    const shown = unit === "bytes" ? String(value) : value.toFixed(unit === "ms" ? 0 : 1);
    const aim =
      target === undefined
        ? ""
        : ` (${unit === "×" ? "≥" : "≤"} ${target}${isKept ? "" : ", missed"})`;
    process.stdout.write(`${what.padEnd(44)} ${shown.padStart(8)} ${unit}${aim}\n`);
    if (!isKept) {
      process.exitCode = 7;
    }
  }
}
