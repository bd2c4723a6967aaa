import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../core/canonical-json.ts";
import { digestOf } from "../../../core/digest.ts";
import { parseImageRef } from "../../../core/image-ref.ts";
import type { ProgressEvent } from "../../../core/progress.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { createLayout } from "../../../oci/layout.ts";
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "../../../oci/media-type.ts";
import { type PullImageOptions, pullImage } from "../../../oci/registry/pull-image.ts";
import { type Fault, type LoopbackRegistry, loopbackRegistry } from "../../support/registry.ts";
import { tempDir } from "../../support/temp-dir.ts";

const LAYER = Buffer.alloc(100_000, "layer");
const config = canonicalJson({
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [digestOf("unpacked")] },
});

/** An index at tag `v1` with an image for amd64 and what else indexes hold; returns the index's digest. */
function addImage(registry: LoopbackRegistry, family: "oci" | "docker" = "oci") {
  const isOci = family === "oci";
  const manifest = {
    schemaVersion: 2,
    mediaType: isOci ? OCI_MANIFEST : DOCKER_MANIFEST,
    config: { mediaType: "config", digest: registry.add(config), size: config.length },
    layers: [{ mediaType: "layer", digest: registry.add(LAYER), size: LAYER.length }],
  };
  const digest = registry.addDocument(manifest, manifest.mediaType);
  const entry = (architecture: string, os: string) => ({
    mediaType: manifest.mediaType,
    digest,
    size: canonicalJson(manifest).length,
    platform: { architecture, os },
  });
  const manifests = [entry("unknown", "unknown"), entry("s390x", "linux"), entry("amd64", "linux")];
  const index = { schemaVersion: 2, manifests };
  return { index: registry.addDocument(index, isOci ? OCI_INDEX : DOCKER_INDEX, "v1"), digest };
}

async function pull(
  registry: LoopbackRegistry,
  path: string,
  options: Partial<PullImageOptions> & { readonly at?: string } = {},
) {
  const reference = parseImageRef(`${registry.host}/base/node${options.at ?? ":v1"}`);
  const layout = await createLayout(path);
  const descriptor = await pullImage({
    reference,
    platform: "linux/amd64",
    layout,
    name: "base",
    retryDelayMs: 0,
    ...options,
  });
  return { descriptor, layout };
}

/** A fault for the first `times` requests whose path matches. */
function faults(path: RegExp, times: number, answer: Fault): Fault {
  let left = times;
  return (request, response) => {
    if (left === 0 || !path.test(request.url ?? "")) {
      return false;
    }
    left -= 1;
    return answer(request, response);
  };
}

const layerPath = new RegExp(`blobs/${digestOf(LAYER)}`);

describe("pullImage", () => {
  it.each(["oci", "docker"] as const)(
    "pulls the platform's image of an index, family %s",
    async (family) => {
      await using dir = await tempDir();
      await using registry = await loopbackRegistry();
      const { digest } = addImage(registry, family);
      const { descriptor, layout } = await pull(registry, dir.path);
      expect(descriptor.digest).toBe(digest);
      const image = await inspectImage(layout, { name: "base" });
      expect(image.layers.map((layer) => layer.digest)).toEqual([digestOf(LAYER)]);
      expect(await layout.hasBlob({ digest: digestOf(LAYER), size: LAYER.length })).toBe(true);
    },
  );

  it("pulls by digest, and only what is not there", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { index, digest } = addImage(registry);
    await pull(registry, dir.path, { at: `@${index}` });
    registry.requests.length = 0;
    await pull(registry, dir.path, { at: `@${digest}` });
    expect(registry.requests).toEqual([`GET /v2/base/node/manifests/${digest}`]);
  });

  it("answers a Bearer challenge with an anonymous token, once", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    addImage(registry);
    const realm = `http://${registry.host}/token?account=none`;
    registry.fault = (request, response) => {
      if (request.url?.startsWith("/token")) {
        response.end('{"token":"t1"}');
        return true;
      }
      if (request.headers.authorization !== "Bearer t1") {
        const challenge = `Bearer realm="${realm}",service="reg",scope="repository:base/node:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
        return true;
      }
      return false;
    };
    await pull(registry, dir.path);
    expect(registry.requests.slice(0, 4)).toEqual([
      "GET /v2/base/node/manifests/v1",
      "GET /token?account=none&service=reg&scope=repository%3Abase%2Fnode%3Apull",
      "GET /v2/base/node/manifests/v1 Bearer t1",
      expect.stringMatching(/^GET \/v2\/base\/node\/manifests\/sha256:\w+ Bearer t1$/),
    ]);
  });

  it("keeps the token from another host that a blob is redirected to", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await using storage = await loopbackRegistry();
    addImage(registry);
    storage.add(LAYER);
    registry.fault = (request, response) => {
      if (request.headers.authorization === undefined && !request.url?.startsWith("/token")) {
        const challenge = `Bearer realm="http://${registry.host}/token"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
        return true;
      }
      if (request.url?.startsWith("/token")) {
        response.end('{"access_token":"secret"}');
        return true;
      }
      if (layerPath.test(request.url ?? "")) {
        const location = `http://${storage.host}/blobs/${digestOf(LAYER)}`;
        response.writeHead(307, { location }).end();
        return true;
      }
      return false;
    };
    await pull(registry, dir.path);
    expect(storage.requests).toEqual([`GET /blobs/${digestOf(LAYER)}`]);
  });

  const cut: Fault = (_request, response) => {
    response.writeHead(200, { "content-length": LAYER.length });
    response.write(LAYER.subarray(0, 1000), () => response.destroy());
    return true;
  };
  const wrong: Fault = (_request, response) => {
    response.end(Buffer.alloc(LAYER.length, "other"));
    return true;
  };
  const short: Fault = (_request, response) => {
    response.end(LAYER.subarray(0, 1000));
    return true;
  };
  const busy: Fault = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };

  it.each([
    ["is cut off", cut],
    ["has another digest", wrong],
    ["is short", short],
    ["is refused for now", busy],
  ])("asks again for a blob that %s", async (_name, fault) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    addImage(registry);
    registry.fault = faults(layerPath, 2, fault);
    const { layout } = await pull(registry, dir.path);
    expect(await layout.hasBlob({ digest: digestOf(LAYER), size: LAYER.length })).toBe(true);
  });

  it.each([
    ["is cut off", cut, "BENTO_UNREACHABLE", /^no answer from 127\.0\.0\.1:\d+: /],
    ["has another digest", wrong, "BENTO_INTEGRITY", /^expected sha256:\w{64}, got sha256:\w{64}$/],
    ["is short", short, "BENTO_INTEGRITY", /^expected 100000 bytes, got 1000$/],
    ["is refused", busy, "BENTO_UNREACHABLE", /^127\.0\.0\.1:\d+ answered 503 for /],
  ])(
    "gives up on a blob that %s each time, and leaves no image",
    async (_name, fault, code, message) => {
      await using dir = await tempDir();
      await using registry = await loopbackRegistry();
      addImage(registry);
      registry.fault = faults(layerPath, 99, fault);
      await expect(pull(registry, dir.path)).rejects.toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
      const asked = registry.requests.filter((line) => layerPath.test(line));
      expect({
        asked: asked.length,
        images: await (await createLayout(dir.path)).images(),
      }).toEqual({
        asked: 3,
        images: [],
      });
    },
  );

  it("names the platforms of an index without ours", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    addImage(registry);
    await expect(pull(registry, dir.path, { platform: "linux/arm64" })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "no image for linux/arm64",
        hint: "it has linux/s390x, linux/amd64; choose another base or platform",
      }),
    );
  });

  it("fetches no layer of a single image for another platform", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { digest } = addImage(registry);
    const at = `@${digest}`;
    await expect(pull(registry, dir.path, { at, platform: "linux/arm64" })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "the image is for linux/amd64, not linux/arm64",
        hint: "choose --platform linux/amd64, or name an image for linux/arm64",
      }),
    );
    expect(registry.requests.filter((line) => line.includes(digestOf(LAYER)))).toEqual([]);
  });

  it("refuses a manifest that is not what its digest says", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const { index } = addImage(registry);
    registry.fault = faults(/manifests/, 1, (_request, response) => {
      response.writeHead(200, { "content-type": OCI_INDEX }).end("{}");
      return true;
    });
    await expect(pull(registry, dir.path, { at: `@${index}` })).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY" }),
    );
  });

  it("refuses a manifest of more than 4 MiB without taking it whole", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    registry.add(Buffer.alloc(4 * 1024 * 1024 + 1, " "), OCI_INDEX, "v1");
    await expect(pull(registry, dir.path)).rejects.toThrow("more than 4194304 bytes");
  });

  it("refuses what is no image", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    registry.add("<html>", "text/html", "v1");
    await expect(pull(registry, dir.path)).rejects.toThrow("not an image: text/html");
  });

  it("names an image that is not there", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await expect(pull(registry, dir.path, { at: ":v9" })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_NOT_FOUND",
        message: `${registry.host}/base/node:v9 has no such image or blob`,
        where: `http://${registry.host}/v2/base/node/manifests/v9`,
        hint: "check the name, tag and digest",
      }),
    );
  });

  it.each([
    ["Basic", 'Basic realm="registry"', /wants an account to read base\/node$/],
    ["none", "", /wants an account to read base\/node$/],
  ])("says that it has no account for a challenge %s", async (_name, challenge, message) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    registry.fault = (_request, response) => {
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return true;
    };
    await expect(pull(registry, dir.path)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: expect.stringMatching(message),
        hint: `log in: docker login ${registry.host}, or set BENTO_REGISTRY_USERNAME and BENTO_REGISTRY_PASSWORD`,
      }),
    );
  });

  it("says what a host that does not answer was asked, at once", async () => {
    await using dir = await tempDir();
    const closed = await loopbackRegistry();
    await closed[Symbol.asyncDispose]();
    await expect(pull(closed, dir.path)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: `no answer from ${closed.host}: connect ECONNREFUSED ${closed.host}`,
      }),
    );
  });

  it("gives up on a host that takes the request and says nothing", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    registry.fault = () => true;
    await expect(pull(registry, dir.path, { timeoutMs: 20 })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: `no answer from ${registry.host}: no answer in 20 ms`,
      }),
    );
  });

  it("stops when it is aborted", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const stop = new AbortController();
    registry.fault = () => {
      stop.abort(new Error("stop"));
      return true;
    };
    await expect(pull(registry, dir.path, { signal: stop.signal })).rejects.toThrow("stop");
  });

  it("tells the bytes that are here", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    addImage(registry);
    const events: ProgressEvent[] = [];
    await pull(registry, dir.path, { onProgress: (event) => events.push(event) });
    const totalBytes = LAYER.length + config.length;
    expect(events.at(-1)).toEqual({
      kind: "step-progress",
      step: "pull base",
      doneBytes: totalBytes,
      totalBytes,
    });
  });
});
