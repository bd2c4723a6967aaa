import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { attach, readAttachment } from "../../../oci/attest/attachment.ts";
import {
  type FetchedManifest,
  fallbackTag,
  type RegistryPort,
  registryAttachments,
} from "../../../oci/attest/registry-attachments.ts";
import { streamOf } from "../../../oci/chunks.ts";
import { type Descriptor, ImageManifest } from "../../../oci/manifest.ts";
import { OCI_MANIFEST } from "../../../oci/media-type.ts";

const image: Descriptor = {
  mediaType: OCI_MANIFEST,
  digest: `sha256:${"a".repeat(64)}`,
  size: 100,
};

interface MemoryRegistry extends RegistryPort {
  readonly manifests: Map<string, FetchedManifest>;
}

/**
 * @param hasReferrers - whether it keeps lists of referrers itself
 * @param turn - awaited before each request takes effect
 */
function memoryRegistry(
  hasReferrers: boolean,
  turn: () => Promise<void> = async () => {},
): MemoryRegistry {
  const manifests = new Map<string, FetchedManifest>();
  const blobs = new Map<Digest, Uint8Array>();
  return {
    where: "registry.example/iris",
    manifests,
    async getManifest(reference) {
      await turn();
      return manifests.get(reference);
    },
    async putManifest(reference, manifest) {
      await turn();
      manifests.set(reference, manifest);
      manifests.set(digestOf(manifest.bytes), manifest);
      return { isSubjectKnown: hasReferrers };
    },
    readBlob: ({ digest }) => streamOf(blobs.get(digest) ?? Buffer.alloc(0)),
    async writeBlob(digest, bytes) {
      blobs.set(digest, bytes);
    },
    async referrers(subject) {
      const found = [...manifests].flatMap(([reference, { bytes, mediaType }]) => {
        const manifest = ImageManifest.safeParse(JSON.parse(bytes.toString())).data;
        return reference.startsWith("sha256:") && manifest?.subject?.digest === subject
          ? [{ mediaType, digest: digestOf(bytes), size: bytes.length }]
          : [];
      });
      return hasReferrers ? found : undefined;
    },
    async tags() {
      await turn();
      return [...manifests.keys()].filter((name) => !name.startsWith("sha256:"));
    },
  };
}

const note = (text: string) => ({ artifactType: "text/plain", content: Buffer.from(text) });

describe("registryAttachments", () => {
  it("leaves the list to a registry that keeps it", async () => {
    const registry = memoryRegistry(true);
    const store = registryAttachments(registry);
    const [attached] = await attach(store, image, [note("a")]);
    expect((await store.list(image.digest)).map(({ digest }) => digest)).toEqual([
      attached?.digest,
    ]);
    expect([...registry.manifests.keys()]).toEqual([attached?.digest]);
  });

  it("keeps the list under the fallback tag in one that does not", async () => {
    const registry = memoryRegistry(false);
    const store = registryAttachments(registry);
    expect(await store.list(image.digest)).toEqual([]);
    const [one, two] = await attach(store, image, [note("a"), note("b")]);
    const [three] = await attach(store, image, [note("c")]);
    await attach(store, image, [note("a")]);
    const listed = await store.list(image.digest);
    const digests = [one, two, three].map((each) => each?.digest).sort();
    expect(listed.map(({ digest }) => digest)).toEqual(digests);
    const index = JSON.parse(String(registry.manifests.get(fallbackTag(image.digest))?.bytes));
    expect(index).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: listed,
    });
    expect(String(await readAttachment(store, image.digest, one ?? image))).toBe("a");
  });

  it("refuses to read what is another image's", async () => {
    const store = registryAttachments(memoryRegistry(false));
    const [one = image] = await attach(store, image, [note("a")]);
    await expect(readAttachment(store, `sha256:${"c".repeat(64)}`, one)).rejects.toMatchObject({
      code: "BENTO_INTEGRITY",
    });
  });

  it("loses nothing, in whatever order the requests of several writers take effect", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, count) => {
        const registry = memoryRegistry(false, () => scheduler.schedule(Promise.resolve()));
        const store = registryAttachments(registry);
        const all = Promise.all(
          Array.from({ length: count }, (_, index) => attach(store, image, [note(String(index))])),
        );
        const attached = await scheduler.waitFor(all);
        const listed = await scheduler.waitFor(store.list(image.digest));
        expect(listed.map(({ digest }) => digest)).toEqual(
          attached
            .flat()
            .map(({ digest }) => digest)
            .sort(),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("takes in what another program listed, and leaves its tags alone", async () => {
    const registry = memoryRegistry(false);
    const store = registryAttachments(registry);
    const foreign = { mediaType: OCI_MANIFEST, bytes: Buffer.from("{}") };
    await registry.putManifest(`${fallbackTag(image.digest)}.sig`, foreign);
    const other = { ...image, digest: digestOf("other"), artifactType: "text/html" };
    const index = { schemaVersion: 2, manifests: [other] };
    await registry.putManifest(fallbackTag(image.digest), {
      mediaType: "application/vnd.oci.image.index.v1+json",
      bytes: Buffer.from(JSON.stringify(index)),
    });
    const [one = image] = await attach(store, image, [note("a")]);
    expect((await store.list(image.digest)).map(({ digest }) => digest)).toEqual(
      [one.digest, other.digest].sort(),
    );
    expect(registry.manifests.get(`${fallbackTag(image.digest)}.sig`)).toBe(foreign);
  });

  it("gives up when the list never holds what was written", async () => {
    const registry = memoryRegistry(false);
    const stubborn: RegistryPort = {
      ...registry,
      putManifest: async (reference, manifest) =>
        reference === fallbackTag(image.digest)
          ? { isSubjectKnown: false }
          : await registry.putManifest(reference, manifest),
    };
    await expect(attach(registryAttachments(stubborn), image, [note("a")])).rejects.toMatchObject({
      code: "BENTO_CONFLICT",
      message: "others keep writing the list of attachments",
    });
  });
});
