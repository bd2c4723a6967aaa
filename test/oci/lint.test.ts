import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { composeImage } from "../../oci/image.ts";
import { LINT_RULES, type LintInput, lintImage } from "../../oci/lint.ts";
import { DOCKER_MANIFEST, OCI_INDEX, OCI_LAYER_GZIP } from "../../oci/media-type.ts";

const layer = (title: string) => ({
  title,
  descriptor: { mediaType: OCI_LAYER_GZIP, digest: digestOf(title), size: 10 },
  diffId: digestOf(`${title} unpacked`),
  uncompressedBytes: 20,
});

const image = composeImage({
  platform: "linux/amd64",
  layers: [layer("one"), layer("two")],
  start: {
    entrypoint: ["/usr/local/bin/node"],
    workingDirectory: "/app",
    user: "65532:65532",
    env: {},
    labels: {},
    ports: [],
  },
});

const good: LintInput = {
  mediaType: image.descriptor.mediaType,
  manifest: image.manifest,
  config: image.config,
  layerPaths: [["app/", "app/src/", "app/src/main.js"]],
};

const [first = image.manifest.config, second = image.manifest.config] = image.manifest.layers;
const withLayers = (mediaType: string): LintInput => ({
  ...good,
  manifest: { ...good.manifest, layers: [{ ...first, mediaType }, second] },
});
const withRun = (run: object): LintInput => ({
  ...good,
  config: { ...good.config, config: { ...good.config.config, ...run } },
});

/** An image that computes on a GPU, with a change. */
function gpu(config: Partial<LintInput["config"]> = {}): LintInput {
  const Env = ["NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"];
  const titled = { ...second, annotations: { "org.opencontainers.image.title": "cuda" } };
  return {
    ...good,
    manifest: { ...good.manifest, layers: [first, titled] },
    config: { ...good.config, config: { ...good.config.config, Env }, ...config },
  };
}

const breaches: readonly (readonly [string, LintInput, readonly string[]])[] = [
  ["single-manifest", { ...good, mediaType: OCI_INDEX }, [OCI_INDEX]],
  [
    "one-media-family",
    { ...good, mediaType: DOCKER_MANIFEST },
    [`${DOCKER_MANIFEST}, application/vnd.oci.image.config.v1+json, ${OCI_LAYER_GZIP}`],
  ],
  [
    "compressed-layers",
    withLayers("application/vnd.oci.image.layer.v1.tar"),
    [`${first.digest} is application/vnd.oci.image.layer.v1.tar`],
  ],
  [
    "compressed-layers",
    withLayers("application/vnd.oci.image.layer.v1.tar+zstd"),
    [`${first.digest} is application/vnd.oci.image.layer.v1.tar+zstd`],
  ],
  [
    "history-per-layer",
    { ...good, config: { ...good.config, history: [{ empty_layer: true }, {}] } },
    ["1 history entries for 2 layers"],
  ],
  [
    "diff-ids-match",
    { ...good, config: { ...good.config, rootfs: { type: "layers", diff_ids: [] } } },
    ["0 diff_ids for 2 layers"],
  ],
  ["numeric-user", withRun({ User: "nonroot" }), ['user is "nonroot"']],
  ["numeric-user", withRun({ User: null }), ['user is ""']],
  ["absolute-entrypoint", withRun({ Entrypoint: ["node"] }), ['entrypoint is ["node"]']],
  ["absolute-entrypoint", withRun({ Entrypoint: undefined }), ["entrypoint is []"]],
  ["supported-platform", { ...good, config: { ...good.config, os: "windows" } }, ["windows/amd64"]],
  [
    "parent-directories",
    {
      ...good,
      layerPaths: [
        ["app/", "app/a"],
        ["app/src/main.js", "app/"],
      ],
    },
    ["app/src/main.js before app/src/"],
  ],
  ["gpu-platform", gpu({ architecture: "arm64" }), ["linux/arm64"]],
  [
    "gpu-environment",
    gpu({ config: { ...good.config.config, Env: [] } }),
    ["NVIDIA_VISIBLE_DEVICES is not set", "NVIDIA_DRIVER_CAPABILITIES is not set"],
  ],
  [
    "gpu-environment",
    gpu({
      config: {
        ...good.config.config,
        Env: ["NVIDIA_VISIBLE_DEVICES=none", "NVIDIA_DRIVER_CAPABILITIES=utility"],
      },
    }),
    ["NVIDIA_VISIBLE_DEVICES is none", "NVIDIA_DRIVER_CAPABILITIES is utility"],
  ],
];

describe("lintImage", () => {
  it("finds nothing in an image of ours", () => {
    expect(lintImage(good)).toEqual([]);
    expect(lintImage(gpu())).toEqual([]);
  });

  it.each(breaches)("finds %s", (rule, input, messages) => {
    expect(lintImage(input)).toEqual(messages.map((message) => ({ rule, message })));
  });

  it("has a case here for each rule", () => {
    expect([...new Set(breaches.map(([rule]) => rule))]).toEqual(Object.keys(LINT_RULES));
  });
});
