import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { openStore } from "../../model-store/open-store.ts";
import { failureOf } from "../support/failure.ts";
import { modelBytes } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

const checkLoad = async () => {};

describe("openStore", () => {
  it("takes the home for a store when no other is named", async () => {
    await using store = openStore({ home: "/tmp/home" });
    await using empty = openStore({ home: "/tmp/home", url: "" });
    expect([store.url, empty.url]).toEqual(["file:///tmp/home", "file:///tmp/home"]);
  });

  it("opens the same folder by path and by URL", async () => {
    await using dir = await tempDir();
    const folder = join(dir.path, "a b");
    await using byPath = openStore({ url: folder, home: dir.path, checkLoad });
    await using byUrl = openStore({ url: pathToFileURL(folder).href, home: dir.path, checkLoad });
    await byPath.models.save(modelBytes(), { name: "m", version: "v1" });
    expect(await byUrl.models.resolve({ name: "m" })).toEqual({ name: "m", version: "v1" });
    expect(byUrl.url).toBe(byPath.url);
  });

  it("opens an empty store in memory each time", async () => {
    await using store = openStore({ url: "memory://", home: "/tmp/home", checkLoad });
    await using other = openStore({ url: "memory://", home: "/tmp/home", checkLoad });
    await store.models.save(modelBytes(), { name: "m" });
    expect((await failureOf(() => other.models.get({ name: "m" }))).message).toBe(
      "no model is called m",
    );
  });

  it("stamps times by the clock that it was given", async () => {
    const now = () => new Date("2026-05-01T00:00:00Z");
    await using store = openStore({ url: "memory://", home: "/tmp/home", checkLoad, now });
    await store.models.save(modelBytes(), { name: "m" });
    expect((await store.models.get({ name: "m" })).registeredAt).toBe("2026-05-01T00:00:00.000Z");
  });

  it.each([
    [
      "https://example.com",
      "BENTO_INVALID_INPUT",
      "no store has the scheme https: https://example.com",
      "name a folder, file:///folder, s3://bucket/prefix or memory://",
    ],
    [
      "file://host/folder",
      "BENTO_INVALID_INPUT",
      "not the URL of a folder: file://host/folder",
      "write three slashes and an absolute path, e.g. file:///srv/bento",
    ],
  ])("refuses %s", async (url, code, message, hint) => {
    expect(await failureOf(() => openStore({ url, home: "/tmp/home" }))).toEqual({
      code,
      message,
      hint,
    });
  });
});
