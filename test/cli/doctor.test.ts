import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { type ScriptedPlatform, scriptedPlatform } from "../support/scripted-platform.ts";

const stage: { platform: ScriptedPlatform } = vi.hoisted(() => ({ platform: undefined as never }));

vi.mock("../../adapters/registry.ts", async (original) => {
  const real = await original<typeof import("../../adapters/registry.ts")>();
  const loadAdapter = async (name: string) =>
    name === "scripted" ? stage.platform.adapter : await real.loadAdapter(name);
  return { ...real, loadAdapter };
});

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await cli.write("bentofile.yaml", "docker: {base: oci:base}\n");
});

afterAll(() => cli[Symbol.asyncDispose]());

async function seen(line: string): Promise<string> {
  return (await cli.seen(line)).replace(/node {2}\d+\.\d+\.\d+/, "node  NODE");
}

describe("bento doctor", () => {
  it("prints what it found with what to do, and exits 0 where nothing stands in the way", async () => {
    expect(await seen("doctor --platform local")).toMatchInlineSnapshot(`
      "exit 0
      | ✓ node  NODE
      | ✓ packages  local needs none
      | ✓ store  HOME on this machine
      | ! base  no image layout in "WORK/base"
      |     do: name a directory with the files oci-layout and index.json
      local has nothing of its own to check
      "
    `);
    stage.platform = scriptedPlatform();
    stage.platform.findings.push({ check: "region", state: "fine", summary: "there" });
    expect(await seen("doctor --platform scripted --set region=there")).toMatchInlineSnapshot(`
      "exit 0
      | ✓ node  NODE
      | ✓ packages  scripted needs none
      | ✓ store  HOME on this machine
      | ✓ region  there
      "
    `);
    expect(stage.platform.seen.context).toMatchObject({
      name: "work",
      environment: "default",
      options: { region: "there" },
    });
  });

  it("exits 5 where something does", async () => {
    stage.platform = scriptedPlatform();
    stage.platform.findings.push({
      ...{ check: "permissions", state: "problem", summary: "not allowed: ecr:PutImage" },
      hint: "attach the policy",
    });
    expect(await seen("doctor --platform scripted")).toMatchInlineSnapshot(`
      "exit 5
      | ✓ node  NODE
      | ✓ packages  scripted needs none
      | ✓ store  HOME on this machine
      | ✗ permissions  not allowed: ecr:PutImage
      |     do: attach the policy
      "
    `);
    expect(await cli.document("doctor --platform scripted --json")).toMatchObject({
      platform: "scripted",
      isReady: false,
      findings: [
        { check: "node" },
        { check: "packages" },
        { check: "store" },
        { state: "problem" },
      ],
    });
  });

  it("tells a check that fails as a whole, packages that are absent and a store that is none", async () => {
    const { adapter } = scriptedPlatform();
    stage.platform = {
      ...scriptedPlatform(),
      adapter: {
        ...adapter,
        // biome-ignore lint/correctness/useYield: it fails before it finds anything
        async *check() {
          throw new BentoError("BENTO_PLATFORM", "no credentials", { hint: "log in" });
        },
      },
    };
    expect(await seen("doctor --platform scripted --store gopher://x")).toMatchInlineSnapshot(`
      "exit 5
      | ✓ node  NODE
      | ✓ packages  scripted needs none
      | ✗ store  no store has the scheme gopher: gopher://x
      |     do: name a folder, file:///folder, s3://bucket/prefix or memory://
      | ✗ scripted  no credentials
      |     do: log in
      "
    `);
    const peers = [{ name: "no-such-package-anywhere", version: "1.2.3" }];
    stage.platform = { ...scriptedPlatform(), adapter: { ...adapter, peers } };
    expect(await seen("doctor --platform scripted")).toMatchInlineSnapshot(`
      "exit 5
      | ✓ node  NODE
      | ✗ packages  scripted needs no-such-package-anywhere, not installed here
      |     do: npm i -D no-such-package-anywhere@1.2.3
      | ✓ store  HOME on this machine
      "
    `);
    expect(await seen("doctor --platform scripted --set regoin=x")).toMatchInlineSnapshot(`
      "exit 2
      error: scripted has no option "regoin"; did you mean region?
        at: options of scripted
        do: options: region
      "
    `);
  });
});
