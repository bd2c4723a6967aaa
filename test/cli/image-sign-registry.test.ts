/**
 * Signatures and documents of an image on its way through a registry.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";
import { type LoopbackRegistry, loopbackRegistry } from "../support/registry.ts";

let cli: TestCli;
let registry: LoopbackRegistry;

beforeAll(async () => {
  cli = await testCli();
  registry = await loopbackRegistry();
  await writeSampleBase(join(cli.work, "base"));
  await writeGreeter(cli);
  await cli.must("build");
  await cli.must("image keygen");
  await cli.must("containerize greeter --base oci:base --output oci:image --sign bento.key");
});

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

describe("bento image push and pull", () => {
  it("take signature, SBOM and provenance along", async () => {
    const reference = `${registry.host}/team/greeter:v1`;
    await cli.must(`image push oci:image ${reference}`);
    await cli.must(`image verify ${reference} --key bento.pub`);
    expect(await cli.raw(`image sbom ${reference}`)).toBe(await cli.raw("image sbom oci:image"));
    await cli.must(`image pull ${reference} --output oci:pulled`);
    await cli.must("image verify oci:pulled --key bento.pub");
  });

  it("have the documents there before a tag leads to the image", async () => {
    registry.requests.length = 0;
    await cli.must(`image push oci:image ${registry.host}/other/greeter:v1`);
    const puts = registry.requests.flatMap((request) =>
      request.startsWith("PUT") ? (/\/manifests\/(.+)$/.exec(request)?.[1] ?? []) : [],
    );
    const listed = puts.findIndex((reference) => /^sha256-[0-9a-f]{64}$/.test(reference));
    expect(listed).toBeGreaterThan(0);
    expect(puts.indexOf("v1")).toBeGreaterThan(listed);
  });
});

describe("bento image sign", () => {
  it("signs an image where it is", async () => {
    const reference = `${registry.host}/plain/greeter:v1`;
    await cli.must("containerize greeter --base oci:base --output oci:unsigned");
    await cli.must(`image push oci:unsigned ${reference}`);
    expect((await cli.bento(`image verify ${reference} --key bento.pub`)).exitCode).toBe(7);
    await cli.must(`image sign ${reference} --key bento.key`);
    await cli.must(`image verify ${reference} --key bento.pub`);
  });
});
