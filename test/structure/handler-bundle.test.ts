import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../support/sources.ts";

/** What may ship in every image, beside Node and onnxruntime-node. */
const PACKAGES = ["zod", "hono", "aws4fetch"];
const FOLDERS = ["core", "handler"];

/** Bundled as the packager does it; nothing is written. */
async function bundleOf(entry: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [join(REPOSITORY, entry)],
    absWorkingDir: REPOSITORY,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: "unwritten",
    platform: "node",
    format: "esm",
    conditions: ["bentokit-source"],
    external: ["onnxruntime-node"],
    logLevel: "silent",
  });
  return metafile;
}

async function inputsOf(entry: string): Promise<string[]> {
  return Object.keys((await bundleOf(entry)).inputs);
}

/** What is loaded together with a part of the server's bundle, not later: its files, and the inputs of each. */
async function loadedWith(part: string): Promise<Map<string, string[]>> {
  const { outputs } = await bundleOf("handler/main.ts");
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === part);
  const seen = new Set(first === undefined ? [] : [first]);
  for (const path of seen) {
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && external !== true) {
        seen.add(next);
      }
    }
  }
  return new Map([...seen].map((path) => [path, Object.keys(outputs[path]?.inputs ?? {})]));
}

/** Lambda's loop, the lines by which metrics go to CloudWatch, one-off tasks. */
const isForAws = (path: string) =>
  path.startsWith("handler/lambda/") ||
  path === "handler/answer-questions.ts" ||
  ["both-metrics", "embedded-metrics", "send-embedded"].some(
    (name) => path === `handler/metrics/${name}.ts`,
  );

describe("a start outside AWS", () => {
  it("loads nothing that only AWS asks for, whose inputs are in the bundle", async () => {
    const loaded = [...(await loadedWith("handler/main.ts")).values()].flat();
    expect(loaded).toContain("handler/listen.ts");
    expect(loaded.filter(isForAws)).toEqual([]);
    expect((await inputsOf("handler/main.ts")).some(isForAws)).toBe(true);
  });
});

describe("a start on Lambda", () => {
  it("loads one file more than any other, which loads five", async () => {
    const elsewhere = await loadedWith("handler/main.ts");
    const there = await loadedWith("handler/aws.ts");
    expect(elsewhere.size).toBe(5);
    expect([...there.keys()].filter((path) => !elsewhere.has(path))).toHaveLength(1);
  });
});

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
