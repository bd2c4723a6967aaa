/**
 * Attachments over HTTP at a registry that keeps the list of referrers itself, and at one that pages its tags.
 */
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../core/canonical-json.ts";
import { parseImageRef } from "../../../core/image-ref.ts";
import { attach, byDigest, readAttachment } from "../../../oci/attest/attachment.ts";
import { registryAttachments, registryPort } from "../../../oci/attest/registry-attachments.ts";
import type { Descriptor } from "../../../oci/manifest.ts";
import { OCI_INDEX } from "../../../oci/media-type.ts";
import { createRegistryClient } from "../../../oci/registry/client.ts";
import { pushImage } from "../../../oci/registry/push-image.ts";
import { loopbackRegistry } from "../../support/registry.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { sampleImage } from "./sample-image.ts";

async function pushed(directory: string, host: string) {
  const sample = await sampleImage(directory);
  const reference = parseImageRef(`${host}/team/iris:v1`);
  await pushImage({ source: sample.layout, image: sample.image.descriptor, reference });
  const client = createRegistryClient(reference, { access: "push" });
  return { sample, client, store: registryAttachments(registryPort(client)) };
}

describe("registryAttachments over HTTP", () => {
  it("adds no tag where the registry keeps the list", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { sample, store } = await pushed(dir.path, registry.host);
    const known: Descriptor[] = [];
    registry.fault = (request, response) => {
      if (request.method === "GET" && request.url?.includes("/referrers/")) {
        const isFirst = !request.url.includes("page=2");
        const manifests = isFirst ? known.slice(0, 1) : known.slice(1);
        const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
        const link = isFirst ? { link: `<${request.url}?page=2>; rel="next"` } : {};
        response.writeHead(200, { "content-type": OCI_INDEX, ...link }).end(canonicalJson(index));
        return true;
      }
      if (request.method === "PUT" && request.url?.includes("/manifests/")) {
        response.setHeader("oci-subject", sample.digest);
      }
      return false;
    };
    const attached = await attach(store, sample.image.descriptor, [
      { artifactType: "text/plain", content: Buffer.from("hello") },
      { artifactType: "text/plain", content: Buffer.from("world") },
    ]);
    known.push(...attached);
    expect(await store.list(sample.digest)).toEqual(attached.toSorted(byDigest));
    const [one] = attached;
    expect(String(one && (await readAttachment(store, sample.digest, one)))).toBe("hello");
    expect(Object.keys(registry.content("team/iris").tags)).toEqual(["v1"]);
  });

  it("reads all pages of the tags, and none of another host's", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { client } = await pushed(dir.path, registry.host);
    const next: Record<string, string> = {
      "": "/v2/team/iris/tags/list?last=a",
      a: "http://127.0.0.1:1/v2/team/iris/tags/list?last=b",
    };
    registry.fault = (request, response) => {
      const url = new URL(request.url ?? "", "http://x");
      if (!url.pathname.endsWith("/tags/list")) {
        return false;
      }
      const last = url.searchParams.get("last") ?? "";
      const link = { link: `<${next[last]}>; rel="next"` };
      response.writeHead(200, link).end(JSON.stringify({ tags: [last === "" ? "a" : "b"] }));
      return true;
    };
    expect(await client.tags()).toEqual(["a", "b"]);
  });

  it("knows no tags where they may not be listed", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { client } = await pushed(dir.path, registry.host);
    registry.fault = (request, response) => {
      const isList = request.url?.includes("/tags/list") === true;
      if (isList) {
        response.writeHead(403).end();
      }
      return isList;
    };
    expect(await client.tags()).toBeUndefined();
  });
});
