import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../support/sources.ts";

/** What may ship in every image, beside Node and onnxruntime-node. */
const PACKAGES = ["zod", "hono"];
const FOLDERS = ["core", "handler"];

/** Bundled as the packager does it; nothing is written. */
async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [join(REPOSITORY, entry)],
    absWorkingDir: REPOSITORY,
    bundle: true,
    write: false,
    metafile: true,
    outdir: "unwritten",
    platform: "node",
    format: "esm",
    conditions: ["bentokit-source"],
    external: ["onnxruntime-node"],
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

describe.each(["handler/main.ts", "handler/runner/onnx-worker.ts"])("the bundle of %s", (entry) => {
  it("has no npm package that is not listed", async () => {
    const names = (await inputsOf(entry)).map(
      (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1],
    );
    const found = new Set(names.filter((name) => name !== undefined));
    expect([...found].filter((name) => !PACKAGES.includes(name))).toEqual([]);
  });

  it("has no folder of ours but core and handler", async () => {
    const own = (await inputsOf(entry)).filter((path) => !path.includes("node_modules/"));
    expect(own.filter((path) => !FOLDERS.includes(path.split("/")[0] ?? ""))).toEqual([]);
  });
});
