/**
 * Looking after models from the command line.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ModelManifest } from "../../core/model-manifest.ts";
import { testCli } from "../support/cli.ts";
import { withModels, writeModel } from "../support/cli-projects.ts";

const Listed = z.strictObject({
  tag: z.string(),
  manifest: ModelManifest,
  digest: z.string(),
  registeredAt: z.string(),
  labels: z.record(z.string(), z.string()),
  aliases: z.array(z.string()),
});

describe("bento models list", () => {
  it("shows models, newest first", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models list")).toMatchInlineSnapshot(`
      "exit 0
      | TAG       FRAMEWORK  SIZE  ALIASES     REGISTERED (UTC)
      | other:v1  onnx       86 B              TIME
      | small:v2  onnx       86 B              TIME
      | small:v1  onnx       86 B  production  TIME
      "
    `);
  });

  it("shows a page, and where the next one begins", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models list --limit 2 -o tag")).toMatchInlineSnapshot(`
      "exit 0
      | other:v1
      | small:v1
      there are more: --after small:v1
      "
    `);
    expect(await cli.seen("models list --limit 2 --after small:v1 -o tag")).toBe(
      "exit 0\n| small:v2\n",
    );
    expect(await cli.seen("models list small --after small:v2 --json")).toBe("exit 0\n| []\n");
  });

  it.each(["--limit 0", "--limit many", "--after small", "--after small:v1 other"])(
    "refuses %s",
    async (flags) => {
      await using cli = await withModels();
      expect((await cli.bento(`models list ${flags}`)).exitCode).toBe(2);
    },
  );

  it("shows the versions of one name", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models list small -o tag")).toMatchInlineSnapshot(`
      "exit 0
      | small:v2
      | small:v1
      "
    `);
  });

  it("prints one document, in JSON as in YAML", async () => {
    await using cli = await withModels();
    const document = await cli.document("models list --json");
    expect(await cli.document("models list -o json")).toEqual(document);
    const listed = z.array(Listed).parse(document);
    expect(listed.map(({ tag, aliases }) => [tag, aliases])).toEqual([
      ["other:v1", []],
      ["small:v2", []],
      ["small:v1", ["production"]],
    ]);
    expect((await cli.bento("models list small -o yaml")).out).toMatchInlineSnapshot(`
      "- tag: small:v2
        manifest:
          schema: 1
          name: small
          version: v2
          framework: onnx
          files:
            - path: model.onnx
              digest: sha256:DIGEST
              size: 86
          entry: model.onnx
          inputs:
            - name: X
              dtype: float32
              dims:
                - n
                - 4
          outputs:
            - name: Y
              dtype: float32
              dims:
                - n
                - 4
          signatures:
            predict:
              batchable: true
          metadata: {}
        digest: sha256:DIGEST
        registeredAt: TIME
        labels: {}
        aliases: []
      - tag: small:v1
        manifest:
          schema: 1
          name: small
          version: v1
          framework: onnx
          files:
            - path: model.onnx
              digest: sha256:DIGEST
              size: 86
          entry: model.onnx
          inputs:
            - name: X
              dtype: float32
              dims:
                - n
                - 4
          outputs:
            - name: Y
              dtype: float32
              dims:
                - n
                - 4
          signatures:
            predict:
              batchable: true
          metadata: {}
        digest: sha256:DIGEST
        registeredAt: TIME
        labels: {}
        aliases:
          - production
      "
    `);
  });

  it("says how to begin where there are none", async () => {
    await using cli = await testCli();
    expect(await cli.seen("models list")).toMatchInlineSnapshot(`
      "exit 0
      | TAG  FRAMEWORK  SIZE  ALIASES  REGISTERED (UTC)
      no models yet: bento models import model.onnx --name my_model
      "
    `);
    expect(await cli.seen("models list --json")).toBe("exit 0\n| []\n");
  });

  it("names what there is for a name that nothing has", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models list smal")).toMatchInlineSnapshot(`
      "exit 3
      error: no model is called smal
        at: file://HOME
        do: did you mean small? models here: other, small
      "
    `);
  });
});

describe("bento models get", () => {
  it("shows a model by version, alias or name", async () => {
    await using cli = await withModels();
    const v1 = await cli.seen("models get small:v1");
    expect(v1).toMatchInlineSnapshot(`
      "exit 0
      | tag         small:v1
      | digest      sha256:DIGEST
      | framework   onnx
      | inputs      X: float32 [n, 4]
      | outputs     Y: float32 [n, 4]
      | signatures  predict (batchable)
      | files       model.onnx  86 B
      | aliases     production
      | registered  TIME
      "
    `);
    expect(await cli.seen("models get small:production")).toBe(v1);
    expect((await cli.bento("models get small -o tag")).out).toBe("small:v2\n");
    expect((await cli.bento("models get small:latest -o tag")).out).toBe("small:v2\n");
  });

  it("finds a version made from content by its start", async () => {
    await using cli = await testCli();
    await writeModel(cli);
    const { out } = await cli.bento("models import small.onnx --name small --json");
    expect(out).toContain("small:VERSION");
    const [folder = ""] = await readdir(join(cli.home, "models/small/versions"));
    const version = folder.replace(".json", "");
    expect((await cli.bento(`models get small:${version.slice(0, 6)} -o tag`)).out).toBe(
      "small:VERSION\n",
    );
    expect((await cli.bento(`models get small:${version.slice(0, 5)} -o tag`)).exitCode).toBe(3);
  });

  it("gives a folder with its files", async () => {
    await using cli = await withModels();
    const { out } = await cli.bento("models get small:v1 -o path");
    const folder = out.trim().replace("HOME", cli.home);
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  it("names the versions and aliases that exist, and the nearest", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models get smalll")).toMatchInlineSnapshot(`
      "exit 3
      error: no model is called smalll
        at: file://HOME
        do: did you mean small? models here: other, small
      "
    `);
    expect(await cli.seen("models get small:v3")).toMatchInlineSnapshot(`
      "exit 3
      error: model small has no version or alias v3
        at: file://HOME
        do: did you mean v1? versions here: v1, v2; aliases here: production
      "
    `);
    expect(await cli.seen("models get small:prodction")).toMatchInlineSnapshot(`
      "exit 3
      error: model small has no version or alias prodction
        at: file://HOME
        do: did you mean production? versions here: v1, v2; aliases here: production
      "
    `);
  });
});

describe("bento models export", () => {
  it("writes the files into a folder called after the version", async () => {
    await using cli = await withModels();
    expect(await cli.seen("models export small:production")).toBe("exit 0\n| WORK/small-v1\n");
    expect((await readdir(join(cli.work, "small-v1"))).sort()).toEqual([
      "model.json",
      "model.onnx",
    ]);
    expect(await cli.seen("models export small out --json")).toMatchInlineSnapshot(`
      "exit 0
      | {
      |   "tag": "small:v2",
      |   "directory": "WORK/out"
      | }
      "
    `);
  });

  it("overwrites nothing", async () => {
    await using cli = await withModels();
    await cli.write("out/mine.txt", "");
    expect(await cli.seen("models export small out")).toMatchInlineSnapshot(`
      "exit 2
      error: the folder is not empty: it holds mine.txt
        at: WORK/out
        do: name a new folder: nothing is overwritten
      "
    `);
    expect(await readdir(join(cli.work, "out"))).toEqual(["mine.txt"]);
  });

  it("round-trips through an import", async () => {
    await using cli = await withModels();
    await cli.bento("models export small:v1 out");
    expect(
      (await cli.bento("models import out --name small --version v1")).err,
    ).toMatchInlineSnapshot(`
      "registered small:v1 (it was there already; it is latest now)
        takes X: float32 [n, 4]
        gives Y: float32 [n, 4]
      "
    `);
  });
});
