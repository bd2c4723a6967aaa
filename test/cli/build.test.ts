/**
 * Building a project from the command line.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { BentoManifest } from "../../core/bento-manifest.ts";
import { testCli } from "../support/cli.ts";
import { GREETER, irisProject, writeGreeter } from "../support/cli-projects.ts";

describe("bento build", () => {
  it("builds the project here, tells the steps, and what to do next", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    const seen = await cli.seen("build", { cwd: "iris" });
    expect(seen.replace(/\d+ kB/, "SIZE")).toMatchInlineSnapshot(`
      "exit 0
      | iris_classifier:VERSION
      ✓ bundle  TIME
      ✓ describe  TIME
      ✓ store  TIME
      built iris_classifier:VERSION: SIZE with iris_classifier:v1
      next: bento containerize iris_classifier:VERSION, or bento serve iris_classifier:VERSION
      "
    `);
    expect(await readdir(join(cli.home, "tmp"))).toEqual([]);
  });

  it("puts only the tag on stdout with -o tag, so that commands compose", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    expect((await cli.bento("build -o tag")).out).toBe("greeter:VERSION\n");
    expect((await cli.bento("build")).err).toContain("(it was there already; it is latest now)");
  });

  it("prints one document under --json and no talk", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    const Built = z.strictObject({
      tag: z.string(),
      digest: z.string(),
      state: z.literal("created"),
      manifest: BentoManifest,
    });
    const { tag, manifest } = Built.parse(await cli.document("build --json"));
    expect(tag).toBe(`greeter:${manifest.version}`);
    expect((await cli.bento("build --json")).err).toBe("");
  });

  it.each(["sub", "sub/service.ts", "sub/service.ts:default", "sub/"])(
    "takes the target %j",
    async (target) => {
      await using cli = await testCli();
      await writeGreeter(cli);
      await cli.write("sub/service.ts", GREETER);
      expect((await cli.bento(`build ${target} -o tag`)).out).toBe("greeter:VERSION\n");
    },
  );
});
