import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../core/canonical-json.ts";
import { digestOf } from "../../../core/digest.ts";
import { parseImageRef } from "../../../core/image-ref.ts";
import { collect } from "../../../oci/chunks.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import type { OciLayout } from "../../../oci/layout.ts";
import { DOCKER_MANIFEST } from "../../../oci/media-type.ts";
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import { DEFAULT_BASE } from "../../../packager/base/default-base.ts";
import { resolveBase } from "../../../packager/base/resolve-base.ts";
import { type LoopbackRegistry, loopbackRegistry } from "../../support/registry.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { writeSampleBase } from "../image/sample-bento.ts";

const glibc = tarFile("usr/lib/x86_64-linux-gnu/libc.so.6", "");
const withNode = (path: string): TarEntry[] => [glibc, tarFile(path, "node")];

/** Serves an image of a layout as Docker would have pushed it; returns its digest. */
async function publish(registry: LoopbackRegistry, layout: OciLayout) {
  const { manifest } = await inspectImage(layout);
  for (const blob of [manifest.config, ...manifest.layers]) {
    registry.add(await collect(layout.readBlob(blob), 1e6, "test"));
  }
  const docker = "application/vnd.docker.container.image.v1+json";
  const layers = manifest.layers.map((layer) => ({
    ...layer,
    mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  }));
  const document = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: { ...manifest.config, mediaType: docker },
    layers,
  };
  registry.addDocument(document, DOCKER_MANIFEST, "v1");
  return digestOf(canonicalJson(document));
}

describe("DEFAULT_BASE", () => {
  it("is pinned by digest", () => {
    expect(parseImageRef(DEFAULT_BASE).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("resolveBase", () => {
  it("takes a layout whose label says where Node is", async () => {
    await using dir = await tempDir();
    const labels = { "org.bentokit.node": "/opt/node" };
    const { manifestDigest } = await writeSampleBase(dir.path, { labels });
    const base = `oci:${dir.path}`;
    const found = await resolveBase({ base, platform: "linux/amd64", cacheDirectory: dir.path });
    expect({ ...found, layout: found.layout.directory }).toEqual({
      layout: dir.path,
      manifestDigest,
      nodePath: "/opt/node",
    });
  });

  it.each(["/usr/local/bin/node", "/nodejs/bin/node", "/usr/bin/node"])(
    "finds Node at %s",
    async (path) => {
      await using dir = await tempDir();
      await writeSampleBase(dir.path, { entries: withNode(path.slice(1)), labels: {} });
      const base = `oci:${dir.path}`;
      const found = await resolveBase({ base, platform: "linux/amd64", cacheDirectory: dir.path });
      expect(found.nodePath).toBe(path);
    },
  );

  it.each([
    [
      "on musl",
      [tarFile("lib/ld-musl-x86_64.so.1", ""), tarFile("usr/local/bin/node", "")],
      "the base is built on musl, onnxruntime needs glibc",
      "use a Debian-based image, e.g. the default base",
    ],
    [
      "without Node",
      [glibc],
      "the base has no Node",
      "use an image with Node at /usr/local/bin/node or /nodejs/bin/node or /usr/bin/node, or label it org.bentokit.node=PATH",
    ],
  ])("refuses a base %s", async (_name, entries, message, hint) => {
    await using dir = await tempDir();
    await writeSampleBase(dir.path, { entries, labels: {} });
    const base = `oci:${dir.path}`;
    await expect(
      resolveBase({ base, platform: "linux/amd64", cacheDirectory: dir.path }),
    ).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_UNSUPPORTED", message, where: base, hint }),
    );
  });

  it("refuses the image of another bento", async () => {
    await using dir = await tempDir();
    const labels = { "org.bentokit.node": "/opt/node", "org.bentokit.bento": "iris" };
    await writeSampleBase(dir.path, { labels });
    const base = `oci:${dir.path}`;
    await expect(
      resolveBase({ base, platform: "linux/amd64", cacheDirectory: dir.path }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "the base is itself an image of a bento: iris",
        where: base,
        hint: "name the base that it was built on, or leave --base out for the default",
      }),
    );
  });

  it("refuses a base for another platform", async () => {
    await using dir = await tempDir();
    await writeSampleBase(dir.path);
    const base = `oci:${dir.path}`;
    await expect(
      resolveBase({ base, platform: "linux/arm64", cacheDirectory: dir.path }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "the base is for linux/amd64, not linux/arm64",
        hint: "name a base for linux/arm64, or build for linux/amd64",
      }),
    );
  });

  it("pulls an image by digest once", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { layout } = await writeSampleBase(join(dir.path, "source"));
    const digest = await publish(registry, layout);
    const base = `${registry.host}/team/base@${digest}`;
    const options = { base, platform: "linux/amd64", cacheDirectory: dir.path } as const;
    const first = await resolveBase(options);
    expect([first.manifestDigest, first.nodePath]).toEqual([digest, "/usr/local/bin/node"]);
    const asked = registry.requests.length;
    expect((await resolveBase(options)).manifestDigest).toBe(digest);
    expect(registry.requests.length).toBe(asked);
  });

  it("asks for a tag each time, since it may have moved", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { layout } = await writeSampleBase(join(dir.path, "source"));
    await publish(registry, layout);
    const base = `${registry.host}/team/base:v1`;
    const options = { base, platform: "linux/amd64", cacheDirectory: dir.path } as const;
    await resolveBase(options);
    registry.requests.length = 0;
    await resolveBase(options);
    expect(registry.requests).toEqual(["GET /v2/team/base/manifests/v1"]);
  });

  it("builds on what bento.lock says, with one look at the tag, and without it when nobody answers", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { layout } = await writeSampleBase(join(dir.path, "source"));
    const digest = await publish(registry, layout);
    const base = `${registry.host}/team/base:v1`;
    const lock = { file: join(dir.path, "bento.lock") };
    const options = { base, platform: "linux/amd64", cacheDirectory: dir.path, lock } as const;
    await resolveBase(options);
    registry.requests.length = 0;
    registry.addDocument({ moved: true }, DOCKER_MANIFEST, "v1");
    expect((await resolveBase(options)).manifestDigest).toBe(digest);
    expect(registry.requests).toEqual(["GET /v2/team/base/manifests/v1"]);
    registry.fault = (_request, response) => {
      response.writeHead(403).end();
      return true;
    };
    expect((await resolveBase(options)).manifestDigest).toBe(digest);
  });

  it("says what to do when the default base cannot be reached", async () => {
    await using dir = await tempDir();
    const exchange = async () => {
      const error = new Error("getaddrinfo ENOTFOUND gcr.io");
      throw Object.assign(error, { code: "ENOTFOUND" });
    };
    await expect(
      resolveBase({ platform: "linux/amd64", cacheDirectory: dir.path, exchange }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: "no answer from gcr.io: getaddrinfo ENOTFOUND gcr.io",
        hint: "check the name and the network; without a registry, make a base: bento base build, then give what it prints to --base",
      }),
    );
  });
});
