/**
 * Images compared, put on another base and built again.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tarFile } from "../../oci/tar-entry.ts";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { sampleLibraries } from "../packager/image/sample-libraries.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  const node = { ...tarFile("usr/local/bin/node", "a newer node"), executable: true };
  await writeSampleBase(join(cli.work, "newer"), { entries: [node, ...sampleLibraries()] });
  await writeGreeter(cli);
  await cli.must("build");
  await cli.must("containerize greeter --base oci:base --output oci:image");
});

afterAll(() => cli[Symbol.asyncDispose]());

const shown = async (line: string) =>
  (await cli.seen(line)).replaceAll(/\d+(\.\d+)? [kM]?B/g, "SIZE").replaceAll(/ {2,}/g, "  ");

describe("bento image rebase", () => {
  it("gives the image that containerize gives on the other base", async () => {
    const digest = (
      await cli.raw("image rebase oci:image --base oci:newer --output oci:moved")
    ).trim();
    const made = await cli.raw("containerize greeter --base oci:newer --output oci:anew");
    expect(digest).toBe(made.trim());
  });

  it("says what it did", async () => {
    expect(
      await shown("image rebase oci:image --base oci:newer --output oci:moved"),
    ).toMatchInlineSnapshot(`
      "exit 0
      | sha256:DIGEST
      on sha256:DIGEST instead of sha256:DIGEST
      wrote oci:WORK/moved
      "
    `);
  });
});

describe("bento image diff", () => {
  it("shows the layer, its files and nothing else", async () => {
    await cli.must("image rebase oci:image --base oci:newer --output oci:moved");
    expect(await shown("image diff oci:image oci:moved")).toMatchInlineSnapshot(`
      "exit 0
      | LAYER  STATE  BEFORE  AFTER
      | os  changed  SIZE  SIZE
      | natives  same  SIZE  SIZE
      | runtime  same  SIZE  SIZE
      | app  same  SIZE  SIZE
      |
      | os:
      |  removed tmp
      |  changed usr/local/bin/node
      SIZE → SIZE
      "
    `);
    expect(await shown("image diff oci:image oci:image")).toMatchInlineSnapshot(`
      "exit 0
      | the same image: sha256:DIGEST
      "
    `);
  });
});

describe("bento image verify --rebuild", () => {
  it("finds the same bytes", async () => {
    expect(await shown("image verify oci:image --rebuild")).toContain("rebuild  passed");
  });

  it("needs the bento that the image names", async () => {
    expect(await shown("image verify oci:image --rebuild --store ./other")).toMatchInlineSnapshot(`
      "exit 3
      error: no bento is called greeter
        at: file://WORK/other
        do: the store has no bentos yet
      "
    `);
  });
});
