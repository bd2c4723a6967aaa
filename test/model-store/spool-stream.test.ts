/**
 * Models that come as streams.
 */
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../core/progress.ts";
import { spoolStream } from "../../model-store/spool-stream.ts";
import { failureOf } from "../support/failure.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { modelBytes, testStore } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

async function* piecesOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

describe("ModelStore.save of a stream", () => {
  it("is the same model as the file, from every kind of stream", async () => {
    await using dir = await tempDir();
    await using store = testStore({ home: dir.path });
    const bytes = modelBytes();
    const file = join(dir.path, "model.onnx");
    await writeFile(file, bytes);
    const { digest } = await store.models.save(file, { name: "iris", version: "v1" });
    const streams = [
      piecesOf(bytes.subarray(0, 10), bytes.subarray(10)),
      createReadStream(file, { highWaterMark: 16 }),
      Readable.from([bytes]),
      new Response(bytes).body ?? piecesOf(),
    ];
    for (const stream of streams) {
      const saved = await store.models.save(stream, { name: "iris", version: "v1" });
      expect([saved.digest, saved.state]).toEqual([digest, "exists"]);
    }
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });

  it("tells what arrives, without an end before there is one", async () => {
    await using dir = await tempDir();
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent) => void events.push(event);
    const pieces = piecesOf(Buffer.alloc(2), Buffer.alloc(3));
    await using _spooled = await spoolStream(pieces, dir.path, { onProgress });
    const [kind, step] = ["step-progress", "receive model.onnx"];
    expect(events).toEqual([
      { kind, step, doneBytes: 2 },
      { kind, step, doneBytes: 5 },
      { kind, step, doneBytes: 5, totalBytes: 5 },
    ]);
  });

  it.each([
    ["nothing", () => piecesOf(), "BENTO_INVALID_MODEL", "the given stream"],
    ["a pickle", () => piecesOf(Buffer.from([0x80, 4, 0x95, 0])), "BENTO_INVALID_MODEL", undefined],
    [
      "texts",
      () => Readable.from(["text"]) as AsyncIterable<Uint8Array>,
      "BENTO_INVALID_INPUT",
      "the given stream",
    ],
    [
      "a graph whose weights lie elsewhere",
      () => piecesOf(onnxFile({ external: { W: "weights.bin" } })),
      "BENTO_INVALID_MODEL",
      undefined,
    ],
  ])("refuses %s, and leaves nothing", async (_, stream, code, where) => {
    await using dir = await tempDir();
    await using store = testStore({ home: dir.path });
    const failure = await failureOf(() => store.models.save(stream(), { name: "iris" }));
    expect(failure).toMatchObject({ code, ...(where === undefined ? {} : { where }) });
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
    expect(await Array.fromAsync(store.models.list())).toEqual([]);
  });

  it("passes on what the stream throws, and closes it", async () => {
    await using dir = await tempDir();
    await using store = testStore({ home: dir.path });
    let isClosed = false;
    async function* broken(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.alloc(4);
        throw new Error("the line is dead");
      } finally {
        isClosed = true;
      }
    }
    const saved = store.models.save(broken(), { name: "iris" });
    await expect(saved).rejects.toThrow("the line is dead");
    expect([isClosed, await readdir(join(dir.path, ".tmp"))]).toEqual([true, []]);
  });

  it("ends with its signal where the stream never answers", async () => {
    await using dir = await tempDir();
    await using store = testStore({ home: dir.path });
    const abort = new AbortController();
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(4);
      abort.abort(new Error("enough"));
      await new Promise(() => {});
    }
    const saved = store.models.save(silent(), { name: "iris", signal: abort.signal });
    await expect(saved).rejects.toThrow("enough");
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });
});
