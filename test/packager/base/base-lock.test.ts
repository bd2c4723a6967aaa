import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { parseImageRef } from "../../../core/image-ref.ts";
import { lockBase } from "../../../packager/base/base-lock.ts";
import { tempDir } from "../../support/temp-dir.ts";

const reference = parseImageRef("registry.example/team/base:v1");
const [one, two] = [digestOf("one"), digestOf("two")];

/** A registry whose tag means this now; undefined where it does not answer. */
function setting(directory: string, means: { now: Digest | undefined } = { now: one }) {
  const notices: string[] = [];
  const lock = async (update = false) =>
    lockBase({
      file: join(directory, "bento.lock"),
      reference,
      update,
      resolve: async () => {
        if (means.now === undefined) {
          throw new Error("no answer");
        }
        return means.now;
      },
      onProgress: (event) => notices.push(event.kind === "notice" ? event.message : event.kind),
    });
  return { notices, lock, means };
}

describe("lockBase", () => {
  it("writes down what the tag means, then keeps it and tells that it moved", async () => {
    await using dir = await tempDir();
    const { notices, lock, means } = setting(dir.path);
    expect(await lock()).toBe(one);
    means.now = two;
    expect(await lock()).toBe(one);
    means.now = undefined;
    expect(await lock()).toBe(one);
    expect(notices).toEqual([
      `bento.lock: registry.example/team/base:v1 is ${one}`,
      `registry.example/team/base:v1 means ${two} by now; building on ${one} of bento.lock (--update-lock takes the new one)`,
    ]);
    expect(await readFile(join(dir.path, "bento.lock"), "utf8")).toBe(
      `{\n  "bases": {\n    "registry.example/team/base:v1": "${one}"\n  },\n  "schema": 1\n}\n`,
    );
  });

  it("takes the new meaning when asked to, and keeps the others", async () => {
    await using dir = await tempDir();
    const { lock, means } = setting(dir.path);
    const bases = { "registry.example/other:v1": two };
    await writeFile(join(dir.path, "bento.lock"), JSON.stringify({ schema: 1, bases }));
    await lock();
    means.now = two;
    expect(await lock(true)).toBe(two);
    expect(JSON.parse(await readFile(join(dir.path, "bento.lock"), "utf8")).bases).toEqual({
      ...bases,
      "registry.example/team/base:v1": two,
    });
    expect(await readdir(dir.path)).toEqual(["bento.lock"]);
  });

  it("fails without an answer where nothing is written down", async () => {
    await using dir = await tempDir();
    const { lock } = setting(dir.path, { now: undefined });
    await expect(lock()).rejects.toThrow("no answer");
    expect(await readdir(dir.path)).toEqual([]);
  });

  it.each(["{", '{"schema":1,"bases":{"a":"v1"}}'])("refuses the file %s", async (text) => {
    await using dir = await tempDir();
    const file = join(dir.path, "bento.lock");
    await writeFile(file, text);
    await expect(setting(dir.path).lock()).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message: "not a lock file of bases",
        where: file,
      }),
    );
  });
});
