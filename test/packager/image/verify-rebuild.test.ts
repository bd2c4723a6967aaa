import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../core/digest.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import {
  rebuildProblems,
  type VerifyRebuildOptions,
  verifyRebuild,
} from "../../../packager/image/verify-rebuild.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { writeSampleBase, writeSampleBento, writeSampleOnnxruntime } from "./sample-bento.ts";

async function sample(dir: TempDir): Promise<VerifyRebuildOptions> {
  const bentoDirectory = join(dir.path, "bento");
  const manifest = await writeSampleBento(bentoDirectory);
  const layout = await createLayout(join(dir.path, "image"));
  const onnxruntimeDirectory = await writeSampleOnnxruntime(join(dir.path, "onnxruntime-node"));
  const base = await writeSampleBase(join(dir.path, "base"));
  const platform = "linux/amd64";
  await containerize({ bentoDirectory, manifest, base, platform, onnxruntimeDirectory, layout });
  return {
    image: await inspectImage(layout),
    bentoDirectory,
    manifest,
    onnxruntimeDirectory,
    scratch: await createLayout(join(dir.path, "scratch")),
  };
}

describe("verifyRebuild", () => {
  it("finds the same bytes in an image of ours", async () => {
    await using dir = await tempDir();
    const findings = await verifyRebuild(await sample(dir));
    expect(findings.map(({ what, outcome }) => `${what}: ${outcome}`)).toEqual([
      "natives: same",
      "model iris:v1: same",
      "app: same",
      "config: same",
      "image: same",
    ]);
    expect(rebuildProblems(findings)).toEqual([]);
  });

  it("finds code that is not the bento's", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const bentoDirectory = join(dir.path, "other");
    const manifest = await writeSampleBento(bentoDirectory, { files: { "src/main.js": "other" } });
    const findings = await verifyRebuild({ ...options, bentoDirectory, manifest });
    expect(findings.map(({ what, outcome }) => `${what}: ${outcome}`)).toEqual([
      "natives: same",
      "model iris:v1: same",
      "app: content",
      "config: content",
      "image: bytes",
    ]);
    expect(rebuildProblems(findings).length).toBe(3);
  });

  it("finds a model that the bento has not", async () => {
    await using dir = await tempDir();
    const options = await sample(dir);
    const manifest = { ...options.manifest, models: [] };
    const findings = await verifyRebuild({ ...options, manifest });
    expect(findings[1]).toMatchObject({ what: "model iris:v1", outcome: "content" });
    expect(findings[2]).toMatchObject({ what: "app", outcome: "content", built: "no such layer" });
  });
});

describe("rebuildProblems", () => {
  const [expected, built] = [digestOf("1"), digestOf("2")];

  it("is silent about what is the same", () => {
    expect(rebuildProblems([{ what: "app", outcome: "same", expected, built: expected }])).toEqual(
      [],
    );
  });

  it("tells other files from other bytes", () => {
    expect(
      rebuildProblems([
        { what: "app", outcome: "content", expected, built },
        { what: "app", outcome: "bytes", expected, built },
      ]),
    ).toEqual([
      `app: the image has ${expected}, the bento gives ${built}`,
      `app: the same files, but ${expected} and ${built}`,
    ]);
  });
});
