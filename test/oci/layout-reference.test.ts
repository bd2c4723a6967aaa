import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLayout } from "../../oci/layout.ts";
import { splitLayoutReference } from "../../oci/layout-reference.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("splitLayoutReference", () => {
  it.each([
    ["lay", "lay", undefined],
    ["lay:v1", "lay", "v1"],
    ["lay:my/digits:v1", "lay", "my/digits:v1"],
    ["./lay:v1", "lay", "v1"],
    ["a:b", "a:b", undefined],
    ["a:b:v1", "a:b", "v1"],
    ["none:v1", "none", "v1"],
    ["none/x:y/z", "none/x:y/z", undefined],
    ["lay:", "lay:", undefined],
  ])("reads %s", async (text, directory, name) => {
    await using dir = await tempDir();
    await createLayout(join(dir.path, "lay"));
    await createLayout(join(dir.path, "a:b"));
    expect(await splitLayoutReference(text, dir.path)).toEqual({
      directory: join(dir.path, directory),
      name,
    });
  });
});
