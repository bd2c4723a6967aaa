import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { failureOf } from "../../support/failure.ts";
import { type SampleImage, sampleImage } from "../../support/image-layout.ts";
import { type Fault, type LoopbackRegistry, loopbackRegistry } from "../../support/registry.ts";
import { answering, faults, midway, PUT_BLOB, pushSample } from "../../support/registry-faults.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** Whether the image is there, whole, and its tag leads to it. */
function expectComplete(registry: LoopbackRegistry, { image, manifest }: SampleImage) {
  const blobs = [manifest.config, ...manifest.layers].map(({ digest }) => digest).sort();
  expect(registry.content("team/iris")).toEqual({ blobs, tags: { v1: image.digest } });
}

describe("pushImage, at a registry that fails,", () => {
  it.each<[string, RegExp, Fault]>([
    [
      "500 in the middle of a PUT",
      PUT_BLOB,
      midway((_, response) => response.writeHead(500).end()),
    ],
    [
      "a connection broken in the middle of a PUT",
      PUT_BLOB,
      midway((request) => request.destroy()),
    ],
    ["429 with a time", /^POST /, answering(429, { headers: { "retry-after": "7" } })],
    ["503", /^HEAD .*blobs/, answering(503)],
    ["408", /^PUT .*manifests/, answering(408)],
    ["an upload that is forgotten", PUT_BLOB, answering(404)],
    ["416", PUT_BLOB, answering(416)],
    [
      "an answer for other bytes",
      PUT_BLOB,
      answering(201, { headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` } }),
    ],
    [
      "a digest that did not match",
      PUT_BLOB,
      (request, response) => {
        request.resume();
        response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}');
        return true;
      },
    ],
  ])("ends complete after %s", async (_name, pattern, answer) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    registry.fault = faults(pattern, 2, answer);
    await pushSample(registry, sample, { pause: async () => {} });
    expectComplete(registry, sample);
  });

  it("waits as long as it is told, and longer each time where it is not", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path, { layers: { only: "one" } });
    const first = faults(
      /^PUT .*manifests/,
      1,
      answering(429, { headers: { "retry-after": "7" } }),
    );
    const second = faults(/^PUT .*manifests/, 1, answering(500));
    registry.fault = (request, response) => first(request, response) || second(request, response);
    const pausesMs: number[] = [];
    await pushSample(registry, sample, {
      retryDelayMs: 100,
      random: () => 0.5,
      pause: async (delayMs) => void pausesMs.push(delayMs),
    });
    expect(pausesMs).toEqual([7_000, 200]);
  });

  it.each([
    [
      "answers 500",
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(500).end(),
    ],
    ["breaks off", (request: IncomingMessage) => void request.destroy()],
  ])("ends complete at a registry that %s every third time", async (_name, end) => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path);
    let count = 0;
    registry.fault = (request, response) => {
      count += 1;
      if (count % 3 !== 0) {
        return false;
      }
      request.resume();
      end(request, response);
      return true;
    };
    await pushSample(registry, sample);
    registry.fault = () => false;
    expectComplete(registry, sample);
  });

  it("gives up in the registry's words, and leaves no tag", async () => {
    await using dir = await tempDir();
    await using registry = await loopbackRegistry();
    const sample = await sampleImage(dir.path, { layers: { only: "one" } });
    const words = '{"errors":[{"code":"UNKNOWN","message":"no\\u0007 luck"}]}';
    registry.fault = faults(PUT_BLOB, 99, answering(500, { text: words }));
    const failure = await failureOf(() => pushSample(registry, sample));
    expect(failure).toEqual({
      code: "BENTO_UNREACHABLE",
      message: `${registry.host} answered 500 for ${registry.host}/team/iris:v1: UNKNOWN no luck`,
      where: expect.stringMatching(/\/blobs\/uploads\/upload-\d+$/),
      hint: "try again later",
    });
    expect(registry.content("team/iris").tags).toEqual({});
  });
});
