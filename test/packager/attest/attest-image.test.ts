import { join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, it } from "vitest";
import { bentoDigest } from "../../../core/bento-manifest.ts";
import { digestHex, digestOf } from "../../../core/digest.ts";
import { readSboms, readStatements } from "../../../oci/attest/image-documents.ts";
import { layoutAttachments } from "../../../oci/attest/layout-attachments.ts";
import { createLayout } from "../../../oci/layout.ts";
import { tarFile } from "../../../oci/tar-entry.ts";
import { attestImage } from "../../../packager/attest/attest-image.ts";
import { COMPONENTS_FILE } from "../../../packager/attest/bundled-packages.ts";
import { containerize } from "../../../packager/image/containerize.ts";
import { tempDir } from "../../support/temp-dir.ts";
import {
  writeSampleBase,
  writeSampleBento,
  writeSampleOnnxruntime,
} from "../image/sample-bento.ts";

const PACKAGES = '[{"license":"MIT","name":"hono","version":"4.0.0"}]';

/** Containerizes the sample bento in a folder and attests its image. */
async function attested(directory: string) {
  const bentoDirectory = join(directory, "bento");
  const manifest = await writeSampleBento(bentoDirectory, {
    files: { [COMPONENTS_FILE]: PACKAGES },
  });
  const base = await writeSampleBase(join(directory, "base"), {
    entries: [
      { ...tarFile("usr/local/bin/node", "no real node"), executable: true },
      tarFile(
        "var/lib/dpkg/status.d/libc6",
        "Package: libc6\nVersion: 2.36\nArchitecture: amd64\n",
      ),
      tarFile("usr/lib/os-release", "ID=debian\nVERSION_ID=12\n"),
    ],
  });
  const layout = await createLayout(join(directory, "image"));
  const onnxruntimeDirectory = await writeSampleOnnxruntime(join(directory, "onnxruntime"));
  const platform = "linux/amd64";
  const { digest } = await containerize({
    bentoDirectory,
    manifest,
    base,
    platform,
    onnxruntimeDirectory,
    layout,
  });
  await attestImage({
    layout,
    digest,
    bentoDirectory,
    manifest,
    build: {
      platform,
      base: { name: "registry.example/base:12", digest: base.manifestDigest },
      source: `git+https://example.com/iris@${"a".repeat(40)}`,
      startedOn: new Date("2026-01-02T03:04:05Z"),
      finishedOn: new Date("2026-01-02T03:04:06Z"),
    },
  });
  return { layout, digest, manifest, base, store: layoutAttachments(layout) };
}

describe("attestImage", () => {
  it("lists base, system, natives, bundle and models, valid by the schema", async () => {
    await using dir = await tempDir();
    const { store, digest, base } = await attested(dir.path);
    const [text = ""] = (await readSboms(store, digest)).map(String);
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    const sbom = JSON.parse(text);
    expect(sbom.metadata.component.hashes).toEqual([
      { alg: "SHA-256", content: digestHex(digest) },
    ]);
    const rows = sbom.components.map(
      (one: { type: string; purl?: string; components?: unknown[] }) =>
        `${one.type} ${one.purl ?? "-"} ${one.components?.length ?? 0}`,
    );
    const at = base.manifestDigest.replace(":", "%3A");
    expect(rows).toEqual([
      `container pkg:oci/base@${at}?arch=amd64&repository_url=registry.example%2Fbase 0`,
      "machine-learning-model pkg:generic/iris@v1 1",
      "library pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12 0",
      expect.stringMatching(/^library pkg:npm\/bentokit@/),
      "library pkg:npm/hono@4.0.0 0",
      "library pkg:npm/onnxruntime-common 3",
      "library pkg:npm/onnxruntime-node 5",
      "operating-system - 0",
    ]);
    const model = sbom.components.find(({ name }: { name: string }) => name === "iris");
    expect(model.hashes).toEqual([
      { alg: "SHA-256", content: digestHex(digestOf("weights of iris")) },
    ]);
  });

  it("tells from what the image was built, by whom and when", async () => {
    await using dir = await tempDir();
    const { store, digest, manifest, base } = await attested(dir.path);
    const [statement, ...more] = await readStatements(store, digest);
    expect(more).toEqual([]);
    const sha256 = (of: Parameters<typeof digestHex>[0]) => ({ sha256: digestHex(of) });
    expect(statement).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: sha256(digest) }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          buildType: "urn:bentokit:containerize:1",
          externalParameters: {
            bento: "iris_classifier:abc123",
            platform: "linux/amd64",
            base: "registry.example/base:12",
            source: `git+https://example.com/iris@${"a".repeat(40)}`,
          },
          internalParameters: { compressor: expect.stringMatching(/^zlib-/) },
          resolvedDependencies: [
            {
              name: "bento",
              uri: "pkg:generic/iris_classifier@abc123",
              digest: sha256(bentoDigest(manifest)),
            },
            {
              name: "model iris:v1",
              uri: "pkg:generic/iris@v1",
              digest: sha256(digestOf("weights of iris")),
            },
            { name: "packages", uri: "env/package-lock.json", digest: sha256(digestOf("{}\n")) },
            { name: "packages", uri: COMPONENTS_FILE, digest: sha256(digestOf(PACKAGES)) },
            { name: "natives", uri: "pkg:npm/onnxruntime-node@1.30.0" },
            {
              name: "base",
              uri: expect.stringMatching(/^pkg:oci\/base@sha256%3A/),
              digest: sha256(base.manifestDigest),
            },
            {
              name: "source",
              uri: `git+https://example.com/iris@${"a".repeat(40)}`,
              digest: { gitCommit: "a".repeat(40) },
            },
          ],
        },
        runDetails: {
          builder: {
            id: "urn:bentokit:cli",
            version: { bentokit: expect.any(String), node: process.versions.node },
          },
          metadata: {
            startedOn: "2026-01-02T03:04:05.000Z",
            finishedOn: "2026-01-02T03:04:06.000Z",
          },
        },
      },
    });
  });

  it("attaches nothing anew when the same image is made again", async () => {
    await using dir = await tempDir();
    const before = await (await attested(dir.path)).layout.attachments();
    expect(await (await attested(dir.path)).layout.attachments()).toEqual(before);
  });
});
