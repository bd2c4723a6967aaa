/**
 * Images from the command line, over a tiny base of this test's own.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;

beforeAll(async () => {
  cli = await testCli();
  await writeSampleBase(join(cli.work, "base"));
  await writeGreeter(cli);
  await cli.must("build");
});

afterAll(() => cli[Symbol.asyncDispose]());

const sizesAway = (text: string) =>
  text.replaceAll(/\d+(\.\d+)? [kM]?B/g, "SIZE").replaceAll(/ {2,}/g, "  ");

describe("bento containerize", () => {
  it("prints the digest alone on stdout, and the layers as talk", async () => {
    expect(
      sizesAway(await cli.seen("containerize greeter --base oci:base --output oci:image")),
    ).toMatchInlineSnapshot(`
      "exit 0
      | sha256:DIGEST
      ✓ copy base  TIME
      ✓ build layer natives  TIME  SIZE
      ✓ build layer runtime  TIME  SIZE
      ✓ build layer app  TIME  SIZE
      ✓ attest  TIME
      LAYER  SIZE  UNPACKED  DIGEST
      os  SIZE  SIZE  sha256:SHORT
      natives  SIZE  SIZE  sha256:SHORT
      runtime  SIZE  SIZE  sha256:SHORT
      app  SIZE  SIZE  sha256:SHORT
      wrote oci:WORK/image
      "
    `);
  });

  it("prints one document under --json, with the same digest", async () => {
    const digest = (await cli.raw("containerize greeter --base oci:base")).trim();
    expect(await cli.document("containerize greeter --base oci:base --json")).toEqual({
      tag: expect.stringMatching(/^greeter:[0-9a-f]{16}$/),
      digest,
      platform: "linux/amd64",
      output: `oci:${cli.home}/images`,
      layers: expect.arrayContaining([expect.objectContaining({ title: "app" })]),
      blobDigestReproducible: true,
    });
  });

  it("writes down which image it is", async () => {
    const line = "containerize greeter --base oci:base --no-cache --lock bento.image.json --json";
    const document = await cli.document(line);
    const lock = JSON.parse(await readFile(join(cli.work, "bento.image.json"), "utf8"));
    expect(lock).toEqual({
      schema: 1,
      bento: { tag: expect.stringMatching(/^greeter:/), digest: expect.stringMatching(/^sha256:/) },
      image: { digest: expect.stringMatching(/^sha256:/), platform: "linux/amd64" },
      base: { digest: expect.stringMatching(/^sha256:/) },
    });
    expect(document).toMatchObject({ tag: lock.bento.tag, digest: lock.image.digest });
  });

  it("writes archives, the same bytes every time", async () => {
    for (const kind of ["oci-archive", "docker-archive"]) {
      for (const file of ["one.tar", "two.tar"]) {
        const line = `containerize greeter --base oci:base --output ${kind}:${file} -t team/greeter:v1`;
        expect((await cli.bento(line)).exitCode).toBe(0);
      }
      const [one, two] = await Promise.all(
        ["one.tar", "two.tar"].map(async (file) => digestOf(await readFile(join(cli.work, file)))),
      );
      expect(one).toBe(two);
    }
  });

  it("is told which image a deploy takes, and refuses one of another version", async () => {
    await writeGreeter(cli, { "bentofile.yaml": "labels: {team: other}" });
    await cli.must("build");
    await cli.must("containerize greeter --base oci:base --output oci:other");
    await writeGreeter(cli, { "bentofile.yaml": "labels: {team: another}" });
    await cli.must("build");
    expect(
      await cli.seen("deploy greeter --platform aws-lambda --plan --image oci:other"),
    ).toMatchInlineSnapshot(`
      "exit 4
      error: the image holds version VERSION, not greeter:VERSION
        at: oci:other
        do: make it again: bento containerize greeter:VERSION --output oci:other
      "
    `);
  });
});

describe("misuse of bento containerize", () => {
  it.each([
    ["--output image.tar", 2],
    ["--output registry:X/y", 2],
    ["--output oci:", 2],
    ["--platform linux/amd46", 2],
    ["--platform windows/amd64", 2],
    ["--base oci:nowhere", 3],
    ["--base oci:base --variant cuda", 2],
    ["--base oci:base --variant cuda12 --cuda-package absent.nupkg", 5],
    ["--base ::", 2],
    ["--base oci:", 3],
    ["-t Team/Greeter", 2],
    ["-t a:b:c", 2],
  ])("tells %j", async (flags, exitCode) => {
    expect((await cli.bento(`containerize greeter ${flags}`)).exitCode).toBe(exitCode);
  });

  it("says what would do", async () => {
    const lines = [
      "containerize greeter --output image.tar",
      "containerize greeter --platform linux/amd46",
      "containerize greeter --platform windows/amd64",
      "containerize greeter --base oci:nowhere",
      "containerize greeter --base oci:base --variant cuda",
      "containerize greeter --base oci:base --variant cuda12 --cuda-package absent.nupkg",
      "containerize greeter --base ::",
      "containerize greeter -t Team/Greeter",
      "containerize gretter",
      "containerize greeter:v9",
      "base build --output base",
      "base build --platform linux/arm",
      "deploy greeter --platform aws-lambda --plan --image image",
      "deploy greeter --platform aws-lambda --plan --image oci:nowhere",
    ];
    const answers = [];
    for (const line of lines) {
      answers.push(`${line} → ${await cli.seen(line)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "containerize greeter --output image.tar → exit 2
      error: no kind of output: "image.tar"
        do: choose --output oci:DIR, oci-archive:FILE, docker-archive:FILE or registry:HOST/NAME[:TAG]

      containerize greeter --platform linux/amd46 → exit 2
      error: no image platform "linux/amd46"
        do: did you mean linux/amd64? choose one of linux/amd64, linux/arm64

      containerize greeter --platform windows/amd64 → exit 2
      error: no image platform "windows/amd64"
        do: choose one of linux/amd64, linux/arm64

      containerize greeter --base oci:nowhere → exit 3
      error: no image layout in "WORK/nowhere"
        at: WORK/nowhere
        do: name a directory with the files oci-layout and index.json

      containerize greeter --base oci:base --variant cuda → exit 2
      error: no image variant "cuda"
        do: choose one of cpu, cuda12

      containerize greeter --base oci:base --variant cuda12 --cuda-package absent.nupkg → exit 5
      error: cannot fetch onnxruntime's CUDA libraries: ENOENT: no such file or directory, open 'WORK/absent.nupkg'
        at: WORK/absent.nupkg
        do: give the package as a file or URL of your own: --cuda-package FILE, or make an image without them: --variant cpu

      containerize greeter --base :: → exit 2
      error: not an image reference: "::"
        do: write it as [host/]repository[:tag][@sha256:…], e.g. registry.example/team/iris:v1

      containerize greeter -t Team/Greeter → exit 2
      error: not an image reference: "Team/Greeter"
        do: write it as [host/]repository[:tag][@sha256:…], e.g. registry.example/team/iris:v1

      containerize gretter → exit 3
      error: no bento is called gretter
        at: file://HOME
        do: did you mean greeter? bentos here: greeter

      containerize greeter:v9 → exit 3
      error: bento greeter has no version or alias v9
        at: file://HOME
        do: versions here: VERSION, VERSION, VERSION

      base build --output base → exit 2
      error: expected --output oci:DIR, got "base"
        do: e.g. --output oci:./base

      base build --platform linux/arm → exit 2
      error: no image platform "linux/arm"
        do: did you mean linux/arm64? choose one of linux/amd64, linux/arm64

      deploy greeter --platform aws-lambda --plan --image image → exit 2
      error: expected --image oci:DIR, got "image"
        do: bento containerize TAG --output oci:DIR makes one

      deploy greeter --platform aws-lambda --plan --image oci:nowhere → exit 3
      error: no image layout in "WORK/nowhere"
        at: WORK/nowhere
        do: name a directory with the files oci-layout and index.json
      "
    `);
  });
});
