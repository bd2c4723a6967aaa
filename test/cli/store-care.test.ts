/**
 * Copying between stores, verifying and collecting garbage from the command line.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withModels, writeGreeter } from "../support/cli-projects.ts";

describe("bento push", () => {
  it("copies a bento with its models", async () => {
    await using cli = await withModels();
    await writeGreeter(cli);
    const tag = (await cli.raw("build -o tag")).trim();
    await cli.must(`push ${tag} --to other`);
    expect((await cli.bento(`push ${tag} --to other`)).err).toMatch(
      /it was there already; 0 B sent/,
    );
    expect(await cli.raw("list --store other -o tag")).toBe(`${tag}\n`);
    await cli.must(`export ${tag} greeter.bento --store other`);
  });

  it.each([
    ["push greeter:v9 --to other", 3],
    ["push greeter", 2],
    ["push greeter --to ftp://x", 2],
    ["pull greeter --from empty", 3],
  ])("ends `%s` with %d", async (line, exitCode) => {
    await using cli = await withModels();
    expect((await cli.bento(line)).exitCode).toBe(exitCode);
  });
});

describe("bento models verify", () => {
  it("reads everything, and names what was changed", async () => {
    await using cli = await withModels();
    expect((await cli.bento("models verify")).out).toMatch(/^3 versions, 3 files, .* read\n$/);
    const blobs = join(cli.home, "blobs", "sha256");
    const [first = ""] = (await readdir(blobs)).sort();
    await rm(join(blobs, first));
    await writeFile(join(blobs, first), "changed");
    const { exitCode, err } = await cli.bento("models verify");
    expect(exitCode).toBe(7);
    expect(err).toMatch(/error: model \w+:v\d: model\.onnx: expected \d+ bytes, got 7/);
  });
});

describe("bento models gc", () => {
  it("removes what nothing uses once it is old enough, and says first what would go", async () => {
    await using cli = await withModels();
    await cli.must("models delete small:v2 --yes");
    expect(await cli.seen("models gc")).toMatchInlineSnapshot(`
      "exit 0
      | removed 0 files, 0 B; 2 in use
      1 more that nothing uses are younger than 24h, or about to be used
      "
    `);
    expect(await cli.seen("models gc --grace 0 --dry-run")).toMatchInlineSnapshot(`
      "exit 0
      | would remove 1 file, 86 B; 2 in use
      "
    `);
    expect(await cli.seen("models gc --grace 0")).toMatchInlineSnapshot(`
      "exit 0
      | removed 1 file, 86 B; 2 in use
      "
    `);
    expect((await cli.bento("models gc --grace soon")).exitCode).toBe(2);
    await cli.must("models verify");
  });
});
