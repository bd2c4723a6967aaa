import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../../core/progress.ts";
import type { ExpectedContent } from "../../../oci/verified.ts";
import { failureOf } from "../../support/failure.ts";
import { type SampleImage, sampleImage } from "../../support/image-layout.ts";
import { type Fault, type LoopbackRegistry, loopbackRegistry } from "../../support/registry.ts";
import {
  answering,
  breakingOff,
  faults,
  PUT_BLOB,
  pushSample,
} from "../../support/registry-faults.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** Whether the image is there, whole, and its tag leads to it. */
function expectComplete(registry: LoopbackRegistry, { image, manifest }: SampleImage) {
  const blobs = [manifest.config, ...manifest.layers].map(({ digest }) => digest).sort();
  expect(registry.content("team/iris")).toEqual({ blobs, tags: { v1: image.digest } });
}

describe("pushImage", () => {
  it("sends blobs, then the manifest by its digest, then the tag", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    const pushed = await pushSample(registry, sample);
    const blobs = [sample.manifest.config, ...sample.manifest.layers];
    expect(pushed).toEqual({
      digest: sample.image.digest,
      reference: `${registry.host}/team/iris@${sample.image.digest}`,
      uploadedBytes: blobs.reduce((total, { size }) => total + size, 0),
      blobs: { exists: 0, mounted: 0, uploaded: 4 },
    });
    expectComplete(registry, sample);
    const last = registry.requests.slice(-5);
    expect(last).toEqual([
      `HEAD /v2/team/iris/manifests/${sample.image.digest}`,
      `PUT /v2/team/iris/manifests/${sample.image.digest}`,
      `HEAD /v2/team/iris/manifests/${sample.image.digest}`,
      "HEAD /v2/team/iris/manifests/v1",
      "PUT /v2/team/iris/manifests/v1",
    ]);
  });

  it("sends nothing that is there, with three requests beyond one a layer", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    await pushSample(registry, sample);
    registry.requests.length = 0;
    const { uploadedBytes, blobs } = await pushSample(registry, sample);
    expect({ uploadedBytes, blobs }).toEqual({
      uploadedBytes: 0,
      blobs: { exists: 4, mounted: 0, uploaded: 0 },
    });
    expect(registry.requests.length).toBe(sample.manifest.layers.length + 3);
    expect(registry.requests.filter((line) => !line.startsWith("HEAD"))).toEqual([]);
  });

  it("mounts what another repository has", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    await pushSample(registry, sample, { to: "team/other:v1" });
    const { blobs } = await pushSample(registry, sample, {
      mountFrom: () => ["no/such", "team/other"],
    });
    expect(blobs).toEqual({ exists: 0, mounted: 3, uploaded: 1 });
    expectComplete(registry, sample);
  });

  it.each([
    ["an upload is opened instead", undefined],
    ["it is refused", answering(405)],
    ["it breaks off", breakingOff],
    ["it needs another account", answering(401, { headers: { "www-authenticate": "Basic" } })],
  ])("sends what cannot be mounted because %s", async (_name, answer) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    await pushSample(registry, sample, { to: "team/other:v1" });
    registry.mounts = false;
    registry.fault = answer === undefined ? () => false : faults(/mount=/, 99, answer);
    const { blobs } = await pushSample(registry, sample, { mountFrom: () => ["team/other"] });
    expect(blobs).toEqual({ exists: 0, mounted: 0, uploaded: 4 });
    expectComplete(registry, sample);
  });

  it("tags further names, and none where none is asked for", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    const tagged = await pushSample(registry, sample, { tags: ["abc", "v1"] });
    await pushSample(registry, sample, { to: "team/bare" });
    expect(registry.content("team/iris").tags).toEqual({
      v1: tagged.digest,
      abc: tagged.digest,
    });
    expect(registry.content("team/bare").tags).toEqual({});
  });

  it.each<[string, Fault, string, string]>([
    [
      "nobody may",
      answering(403),
      "BENTO_UNREACHABLE",
      "REGISTRY wants an account to write to team/iris",
    ],
    [
      "there is no such repository",
      answering(404),
      "BENTO_NOT_FOUND",
      "REGISTRY has no repository team/iris",
    ],
    [
      "its disk is full",
      answering(500, { text: '{"errors":[{"code":"UNKNOWN","message":"x","detail":{"Err":28}}]}' }),
      "BENTO_UNREACHABLE",
      "REGISTRY answered 500 for REGISTRY/team/iris:v1: no space left there",
    ],
  ])("says that %s, and leaves nothing", async (_name, answer, code, message) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    registry.fault = faults(/^POST/, 99, answer);
    const failure = await failureOf(() => pushSample(registry, sample));
    expect({
      code: failure.code,
      message: failure.message.replaceAll(registry.host, "REGISTRY"),
      content: registry.content("team/iris"),
    }).toEqual({ code, message, content: { blobs: [], tags: {} } });
  });

  it("refuses to push a blob that is damaged", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    const source = {
      ...sample.layout,
      async *readBlob(blob: ExpectedContent): AsyncGenerator<Uint8Array> {
        if (blob.digest === sample.manifest.layers[0]?.digest) {
          yield randomBytes(blob.size);
        } else {
          yield* sample.layout.readBlob(blob);
        }
      },
    };
    await expect(pushSample(registry, sample, { source })).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY" }),
    );
    expect(registry.content("team/iris").tags).toEqual({});
  });

  it("refuses a registry that keeps another manifest", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    const other = `sha256:${"1".repeat(64)}`;
    registry.fault = faults(
      /^PUT .*manifests/,
      1,
      answering(201, { headers: { "docker-content-digest": other } }),
    );
    expect(await failureOf(() => pushSample(registry, sample))).toEqual({
      code: "BENTO_INTEGRITY",
      message: `expected ${sample.image.digest}, got ${other}`,
      where: `${registry.host}/team/iris:v1, ${sample.image.digest}`,
      hint: "the bytes were cut short or changed; fetch or push them again",
    });
  });

  it("refuses a registry that takes the manifest and has it not", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    registry.fault = faults(/^PUT .*manifests/, 1, answering(201));
    await expect(pushSample(registry, sample)).rejects.toThrow("took the manifest and has it not");
  });

  it("refuses a name with another digest", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    await expect(
      pushSample(registry, sample, { to: `team/iris@sha256:${"2".repeat(64)}` }),
    ).rejects.toThrow(expect.objectContaining({ code: "BENTO_INVALID_INPUT" }));
  });

  it("sends to another host that it is pointed to, without the account", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    await using storage = await loopbackRegistry();
    const sample = await sampleImage(dir.path, { layers: { only: "one" } });
    const credentials = async () => ({ kind: "password", username: "me", password: "pw" }) as const;
    registry.fault = (request, response) => {
      if (request.headers.authorization === undefined) {
        return answering(401, { headers: { "www-authenticate": "Basic" } })(request, response);
      }
      if (request.method === "POST") {
        request.resume();
        response.writeHead(202, { location: `http://${storage.host}/here?sign=a%2Bb` }).end();
        return true;
      }
      return false;
    };
    storage.fault = (request, response) => {
      request.resume();
      request.on("end", () => {
        response.writeHead(201).end();
      });
      return true;
    };
    await failureOf(() => pushSample(registry, sample, { credentials }));
    const digests = [sample.manifest.config, ...sample.manifest.layers].map(({ digest }) => digest);
    expect(storage.requests.sort()).toEqual(
      digests.map((digest) => `PUT /here?sign=a%2Bb&digest=${encodeURIComponent(digest)}`).sort(),
    );
  });

  it("stops when it is aborted, without trying again", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    const stop = new AbortController();
    registry.fault = faults(PUT_BLOB, 99, () => {
      stop.abort(new Error("stop"));
      return true;
    });
    await expect(pushSample(registry, sample, { signal: stop.signal })).rejects.toThrow("stop");
    expect(registry.content("team/iris").tags).toEqual({});
  });

  it("tells how each layer came there", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path, { layers: { app: "one" } });
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent) => void events.push(event);
    await pushSample(registry, sample, { onProgress });
    await pushSample(registry, sample, { onProgress });
    const ends = events.flatMap((event) =>
      event.kind === "step-end" ? [`${event.step}: ${event.detail ?? ""}`] : [],
    );
    expect(ends.sort()).toEqual([
      "push config: 415 B",
      "push config: exists",
      "push layer app: 2.6 kB",
      "push layer app: exists",
      "push manifest: ",
      "push manifest: ",
    ]);
  });
});
