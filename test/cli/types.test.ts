import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { modelTypes } from "../../cli/actions/types.ts";
import { testCli } from "../support/cli.ts";
import { irisProject } from "../support/cli-projects.ts";
import { onnxFile } from "../support/onnx-file.ts";

const fixture = (name: string) =>
  readFile(
    fileURLToPath(new URL(`../../fixtures/${name}/bentokit-env.d.ts`, import.meta.url)),
    "utf8",
  );

describe("bento types", () => {
  it("writes what fixtures/iris has, which is type-checked with the fixture", async () => {
    await using cli = await testCli();
    await irisProject(cli);
    expect(await cli.seen("types iris")).toBe(
      "exit 0\n| WORK/iris/bentokit-env.d.ts\nwrote 1 model: iris_classifier\n",
    );
    expect(await readFile(join(cli.work, "iris/bentokit-env.d.ts"), "utf8")).toBe(
      await fixture("iris"),
    );
  });

  it("writes each name once, sorted, from its latest version", async () => {
    await using cli = await testCli();
    const versions = [
      ["wide", "v1", onnxFile({ inputs: [{ name: "old", dims: ["n"] }] })],
      [
        "wide",
        "v2",
        onnxFile({
          inputs: [{ name: "input.1", dims: ["n", 28, null] }],
          outputs: [{ name: "Y", dims: [] }],
        }),
      ],
      ["a.model", "v1", onnxFile()],
    ] as const;
    for (const [name, version, bytes] of versions) {
      await cli.write("m.onnx", bytes);
      const { exitCode, err } = await cli.bento(
        `models import m.onnx --name ${name} --version ${version}`,
      );
      expect([exitCode, err]).toEqual([0, expect.any(String)]);
    }
    expect(await cli.seen("types")).toBe(
      "exit 0\n| WORK/bentokit-env.d.ts\nwrote 2 models: a.model, wide\n",
    );
    expect(await readFile(join(cli.work, "bentokit-env.d.ts"), "utf8")).toMatchInlineSnapshot(`
      "// Written by \`bento types\` from the model store; run it again after a model's inputs or outputs change.
      import type { Tensor } from "bentokit";

      declare module "bentokit" {
        interface ModelSignatures {
          "a.model": {
            inputs: {
              /** float32 [n, 4] */
              X: Tensor<"float32">;
            };
            outputs: {
              /** float32 [n, 4] */
              Y: Tensor<"float32">;
            };
          };
          wide: {
            inputs: {
              /** float32 [n, 28, ?] */
              "input.1": Tensor<"float32">;
            };
            outputs: {
              /** float32 [] */
              Y: Tensor<"float32">;
            };
          };
        }
      }
      "
    `);
  });

  it("lets callers leave out a mask that is made for them", async () => {
    await using cli = await testCli();
    const axes = { elemType: 7, dims: ["n", "length"] };
    const inputs = ["ids", "mask"].map((name) => ({ name, ...axes }));
    await cli.write("m.onnx", onnxFile({ inputs, outputs: [{ name: "Y", ...axes }] }));
    await cli.bento("models import m.onnx --name m --version v1 --padding ids=0 --mask mask");
    await cli.bento("types");
    const text = await readFile(join(cli.work, "bentokit-env.d.ts"), "utf8");
    expect(text.split("\n").filter((line) => line.includes("Tensor<"))).toEqual([
      '        ids: Tensor<"int64">;',
      '        mask?: Tensor<"int64">;',
      '        Y: Tensor<"int64">;',
    ]);
  });

  it("writes a file that holds for no model at all", async () => {
    await using cli = await testCli();
    expect(await cli.document("types --json")).toEqual({
      file: join(cli.work, "bentokit-env.d.ts"),
      models: [],
    });
    expect(modelTypes([])).toMatchInlineSnapshot(`
      "// Written by \`bento types\` from the model store; run it again after a model's inputs or outputs change.
      import type { Tensor } from "bentokit";

      declare module "bentokit" {
        interface ModelSignatures {
        }
      }
      "
    `);
  });

  it("tells a folder that is not there", async () => {
    await using cli = await testCli();
    expect(await cli.seen("types nowhere")).toMatchInlineSnapshot(`
      "exit 5
      error: cannot open WORK/nowhere/bentokit-env.d.ts: no such file or folder
        at: WORK/nowhere/bentokit-env.d.ts
        do: check the path
      "
    `);
  });
});
