/**
 * Where the image of a deploy is looked for.
 */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Plan } from "../../core/plan.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { blobPath, openLayout } from "../../oci/layout.ts";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";
import { scriptedPlatform } from "../support/scripted-platform.ts";

vi.mock("../../adapters/registry.ts", async (original) => {
  const real = await original<typeof import("../../adapters/registry.ts")>();
  const { adapter } = scriptedPlatform({ runs: "image" });
  return { ...real, loadAdapter: async () => adapter };
});

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  await writeGreeter(cli);
  await cli.must("build");
  await cli.must("containerize greeter --base oci:base --output oci:image");
});

afterAll(() => cli[Symbol.asyncDispose]());

describe("bento deploy --image oci:DIR", () => {
  it("keeps the image where adapters look for it, as second names of its files", async () => {
    await rm(join(cli.home, "images"), { recursive: true, force: true });
    await cli.must("deploy greeter --platform scripted --image oci:image --out plan.json");
    const plan = Plan.parse(JSON.parse(await readFile(join(cli.work, "plan.json"), "utf8")));
    const kept = await openLayout(join(cli.home, "images"));
    const { layers } = await inspectImage(kept, { digest: plan.image?.digest });
    for (const { digest } of layers) {
      const [one, other] = await Promise.all(
        [join(cli.work, "image"), kept.directory].map((folder) =>
          stat(join(folder, blobPath(digest))),
        ),
      );
      expect(one?.ino).toBe(other?.ino);
    }
    const from = await openLayout(join(cli.work, "image"));
    expect(await kept.attachments()).toEqual(await from.attachments());
    expect(await kept.attachments()).not.toEqual([]);
  });
});

describe("bento deploy --apply", () => {
  it("says what to do where the plan's image is not on this machine", async () => {
    await rm(join(cli.home, "images"), { recursive: true });
    expect(await cli.seen("deploy --apply plan.json --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: the plan's image sha256:DIGEST is not on this machine
        at: HOME/images
        do: make it here, bento containerize greeter:VERSION, or bring it from where it was made: bento deploy greeter:VERSION --platform scripted --image oci:DIR --plan
      "
    `);
    await cli.must("deploy greeter --platform scripted --image oci:image --plan");
    expect((await cli.bento("deploy --apply plan.json --yes")).exitCode).toBe(0);
    await rm(join(cli.home, "images"), { recursive: true });
  });
});
