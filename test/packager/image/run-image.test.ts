import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BentoError } from "../../../core/bento-error.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { layerPaths, lintImage } from "../../../oci/lint.ts";
import type { ImageConfig } from "../../../oci/manifest.ts";
import { buildBase } from "../../../packager/base/build-base.ts";
import { resolveBase } from "../../../packager/base/resolve-base.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { writeSampleBento } from "./sample-bento.ts";

const TOOLS = ["apt-get", "dpkg-deb", "umoci", "bwrap"] as const;

/** An ONNX graph of one node, y = x + x over float32 [2], written by hand. */
const DOUBLE = Buffer.from(
  "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgIQDQ==",
  "base64",
);

/** Says what a container sees, then predicts once. */
const MAIN = `
import { writeFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
const attempt = (path) => { try { writeFileSync(path, ""); return "written"; } catch (error) { return error.code; } };
const session = await ort.InferenceSession.create(Buffer.from("${DOUBLE.toString("base64")}", "base64"));
const { y } = await session.run({ x: new ort.Tensor("float32", [1.5, 2], [2]) });
console.log(JSON.stringify({
  node: process.version.split(".")[0],
  uid: process.getuid(),
  cwd: process.cwd(),
  home: process.env.HOME,
  app: attempt("/app/file"),
  tmp: attempt("/tmp/file"),
  zone: new Date(0).toLocaleString("en-GB", { timeZone: "Europe/Berlin" }),
  y: [...y.data],
}));
`;

async function realImage(path: string) {
  const cacheDirectory = join(path, "cache");
  const platform = "linux/amd64";
  const built = await buildBase({ output: join(path, "base"), platform, cacheDirectory });
  const base = await resolveBase({ base: `oci:${join(path, "base")}`, platform, cacheDirectory });
  expect(base.manifestDigest).toBe(built.manifestDigest);
  const bentoDirectory = join(path, "bento");
  const layout = await createLayout(join(path, "image"));
  const image = await containerize({
    bentoDirectory,
    manifest: await writeSampleBento(bentoDirectory, { files: { "src/main.js": MAIN } }),
    base,
    platform,
    onnxruntimeDirectory: dirname(
      createRequire(import.meta.url).resolve("onnxruntime-node/package.json"),
    ),
    layout,
    name: "v1",
  });
  return { layout, image };
}

/** Runs the image's own command as the platforms do: another user, a read-only root, a writable /tmp, no network. */
function runUnpacked(bundle: string, start: ImageConfig["config"]): string {
  const [uid = "", gid = ""] = start?.User?.split(":") ?? [];
  const env = (start?.Env ?? []).flatMap((line) => {
    const equals = line.indexOf("=");
    return ["--setenv", line.slice(0, equals), line.slice(equals + 1)];
  });
  const box = ["--unshare-all", "--uid", uid, "--gid", gid];
  const mounts = ["--ro-bind", join(bundle, "rootfs"), "/", "--proc", "/proc", "--dev", "/dev"];
  return execFileSync(
    "bwrap",
    [
      ...box,
      ...mounts,
      "--tmpfs",
      "/tmp",
      "--die-with-parent",
      "--clearenv",
      ...env,
      "--chdir",
      start?.WorkingDir ?? "",
      ...(start?.Entrypoint ?? []),
    ],
    { encoding: "utf8" },
  );
}

describe.skipIf(skipWithout(...TOOLS))("containerize over buildBase", () => {
  it("makes an image that runs onnxruntime as an unprivileged user on a read-only root", async (test) => {
    await using dir = await tempDir();
    const made = await realImage(dir.path).catch((error: unknown) => {
      const isOffline = BentoError.isInstance(error) && error.code === "BENTO_UNREACHABLE";
      if (isOffline && process.env["BENTO_TEST_NO_SKIP"] !== "1") {
        return test.skip("no package mirror answers");
      }
      throw error;
    });
    const bundle = join(dir.path, "bundle");
    execFileSync("umoci", [
      "unpack",
      "--rootless",
      "--image",
      `${made.layout.directory}:v1`,
      bundle,
    ]);
    const { manifest, config, descriptor } = await inspectImage(made.layout);
    expect(JSON.parse(runUnpacked(bundle, config.config))).toEqual({
      node: "v24",
      uid: 65_532,
      cwd: "/app",
      home: "/tmp",
      app: "EROFS",
      tmp: "written",
      zone: "01/01/1970, 01:00:00",
      y: [3, 4],
    });
    const paths = await Promise.all(manifest.layers.map((layer) => layerPaths(made.layout, layer)));
    const { mediaType } = descriptor;
    expect(lintImage({ mediaType, manifest, config, layerPaths: paths })).toEqual([]);
    expect(made.image.layers.map(({ title }) => title)).toEqual([
      "os",
      "node",
      "natives",
      "model iris:v1",
      "app",
    ]);
    const bytes = made.image.layers.reduce((total, { size }) => total + size, 0);
    expect(bytes).toBeLessThan(75e6);
  }, 120_000);
});
