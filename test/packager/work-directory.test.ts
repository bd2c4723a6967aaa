import { mkdir, readdir, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeWorkDirectory } from "../../packager/work-directory.ts";
import { tempDir } from "../support/temp-dir.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("makeWorkDirectory", () => {
  it("removes what killed builds and servers left long ago, and nothing else", async () => {
    await using dir = await tempDir();
    const now = Date.UTC(2026, 6, 1);
    const ages = {
      "build-old": 2,
      "build-new": 0.5,
      "serve-weeks": 20,
      "serve-gone": 31,
      "notes-old": 99,
    };
    for (const [name, days] of Object.entries(ages)) {
      const path = join(dir.path, name);
      await mkdir(join(path, "src"), { recursive: true });
      const then = new Date(now - days * DAY_MS);
      await utimes(path, then, then);
    }
    const made = await makeWorkDirectory(dir.path, "build", now);
    expect(made).toMatch(/build-\w{6}$/);
    const others = (await readdir(dir.path)).filter((name) => name !== basename(made)).sort();
    expect(others).toEqual(["build-new", "notes-old", "serve-weeks"]);
  });
});
