/**
 * Deploys and roll backs of a bento whose model was asked for by an alias.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { type ScriptedPlatform, scriptedPlatform } from "../support/scripted-platform.ts";

const stage: { platform: ScriptedPlatform } = vi.hoisted(() => ({ platform: undefined as never }));

vi.mock("../../adapters/registry.ts", async (original) => {
  const real = await original<typeof import("../../adapters/registry.ts")>();
  return { ...real, loadAdapter: async () => stage.platform.adapter };
});

const SERVICE = `
import { model, service } from "bentokit";
import * as z from "zod";
export default service({
  name: "flowers",
  models: { iris: model("iris:production") },
  apis: ({ api }) => ({
    count: api({ input: { features: z.number() }, output: z.number(), run: ({ features }) => features }),
  }),
});
`;

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  stage.platform = scriptedPlatform();
  for (const version of ["v1", "v2"]) {
    await cli.write(`${version}.onnx`, onnxFile({ producer: version }));
    await cli.must(`models import ${version}.onnx --name iris --version ${version}`);
  }
  await cli.must("models alias iris:v1 --to production");
  await cli.write("service.ts", SERVICE);
  await cli.must("build");
  await cli.must("deploy flowers --platform scripted --yes");
  await cli.must("models alias iris:v2 --to production");
});

afterAll(() => cli[Symbol.asyncDispose]());

async function rollBack(flags: string, answers?: readonly string[]): Promise<string> {
  await cli.must("deploy flowers --platform scripted --model iris=iris:production --yes");
  const line = `deployment rollback flowers --platform scripted${flags}`;
  return (await cli.bento(line, answers === undefined ? {} : { answers })).err;
}

async function production(): Promise<string> {
  return (await cli.raw("models get iris:production -o tag")).trim();
}

describe("a deploy", () => {
  it("warns when the alias has moved since the bento was made", async () => {
    const [first] = (await cli.raw("list flowers -o tag")).trim().split("\n");
    const { err } = await cli.bento(`deploy ${first} --platform scripted --plan`);
    expect(err).toMatchInlineSnapshot(`
      "! iris:production means v2 now, the bento has v1; deploy that with --model iris=iris:production
      "
    `);
  });
});

describe("a roll back", () => {
  it("tells how the alias goes back where nobody is asked", async () => {
    expect(await rollBack(" --yes")).toMatchInlineSnapshot(`
      "✓ rollback  TIME
      flowers:VERSION serves now, flowers:VERSION did before
      ! iris:production still means v2: bento models alias iris:v1 --to production
      "
    `);
    expect(await production()).toBe("iris:v2");
  });

  it("asks, and leaves it without a yes", async () => {
    expect(await rollBack("", ["y", "n"])).toMatchInlineSnapshot(`
      "roll back flowers on scripted from flowers:VERSION to flowers:VERSION? [y/N] 
      ✓ rollback  TIME
      flowers:VERSION serves now, flowers:VERSION did before
      iris:production means v2; move it back to v1? [y/N] 
      ! iris:production still means v2: bento models alias iris:v1 --to production
      "
    `);
    expect(await rollBack(" --no-move-alias", ["y"])).not.toContain("iris:production");
    expect(await production()).toBe("iris:v2");
  });

  it("moves it back where that is wanted, and its history says why", async () => {
    expect(await rollBack(" --yes --move-alias")).toMatchInlineSnapshot(`
      "✓ rollback  TIME
      flowers:VERSION serves now, flowers:VERSION did before
      iris:production: v2 → v1
      "
    `);
    expect(await production()).toBe("iris:v1");
    const [move] = (await cli.document("models history iris --json")) as unknown[];
    expect(move).toMatchObject({
      ...{ version: "v1", previous: "v2", isRollBack: true },
      why: "deployment flowers was rolled back",
    });
  });
});
