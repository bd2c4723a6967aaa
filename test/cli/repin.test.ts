/**
 * Another model version for a bento that is built, with its image.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { onnxFile } from "../support/onnx-file.ts";

const SERVICE = `
import { model, service } from "bentokit";
import * as z from "zod";
export default service({
  name: "flowers",
  models: { iris: model("iris:v1") },
  apis: ({ api }) => ({
    count: api({ input: { features: z.number() }, output: z.number(), run: ({ features }) => features }),
  }),
});
`;

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  for (const version of ["v1", "v2"]) {
    await writeFile(join(cli.work, `${version}.onnx`), onnxFile({ producer: version }));
    await cli.must(`models import ${version}.onnx --name iris --version ${version}`);
  }
  await writeFile(
    join(cli.work, "wide.onnx"),
    onnxFile({ inputs: [{ name: "X", dims: ["n", 5] }], outputs: [{ name: "Y", dims: ["n", 5] }] }),
  );
  await cli.must("models import wide.onnx --name iris --version wide");
  await cli.must("models promote iris:v2 --to production");
  await writeFile(join(cli.work, "service.ts"), SERVICE);
  await cli.must("build");
  await cli.must("containerize flowers --base oci:base");
});

afterAll(() => cli[Symbol.asyncDispose]());

describe("bento repin", () => {
  it("refuses a model that callers would notice, before anything is made", async () => {
    expect(await cli.seen("repin flowers --model iris=iris:wide")).toMatchInlineSnapshot(`
      "exit 7
      error: models.iris: input X was float32 [?, 4], is float32 [?, 5]
             models.iris: output Y was float32 [?, 4], is float32 [?, 5]
        at: flowers:VERSION
        do: the code was written for the model as it was: change service.ts and build again
      "
    `);
  });

  it("makes the bento and its image, of two new layers", async () => {
    expect(
      (await cli.seen("repin flowers --model iris=iris:production"))
        .replaceAll(/\d+(\.\d+)? [kM]?B/g, "SIZE")
        .replaceAll(/ {2,}/g, "  "),
    ).toMatchInlineSnapshot(`
      "exit 0
      | flowers:VERSION
      ✓ build layer model iris:v2  TIME  SIZE
      ✓ build layer app  TIME  SIZE
      ✓ attest  TIME
      models.iris: iris:v1 → iris:v2
      image sha256:DIGEST in oci:HOME/images
      "
    `);
  });

  it("gives the image that containerize gives", async () => {
    const { image } = Object(await cli.document("repin flowers --model iris=iris:v1 --json"));
    const line = "containerize flowers --base oci:base --output oci:other";
    expect((await cli.raw(line)).trim()).toBe(image.digest);
  });

  it("is one step of a deploy", async () => {
    const line =
      "deploy flowers --platform local --engine podman --model iris=iris:v2 --plan --json";
    const plan = JSON.stringify(await cli.document(line));
    const { tag } = Object(await cli.document("get flowers --json"));
    expect(plan).toContain(String(tag).split(":")[1]);
  });

  it("says what would do", async () => {
    const told: string[] = [];
    for (const line of ["--model iris", "--model rose=iris:v2", ""]) {
      told.push(await cli.seen(`repin flowers ${line}`.trim()));
    }
    expect(told.join("\n")).toMatchInlineSnapshot(`
      "exit 2
      error: expected --model key=value, got "iris"
        do: write it as --model iris=iris_classifier:production

      exit 2
      error: the service has no model rose
        at: flowers:VERSION
        do: its models are iris

      exit 2
      error: required option '--model <name=tag>' not specified
        do: bento repin --help shows how it is used
      "
    `);
  });
});
