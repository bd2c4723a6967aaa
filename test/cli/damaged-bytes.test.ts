/**
 * A bit of a stored file is not what it was: every command that reads the file says so, before any model is loaded.
 */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestHex, digestOf } from "../../core/digest.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { irisProject } from "../support/cli-projects.ts";
import { loopbackRegistry } from "../support/registry.ts";

describe("a flipped bit of a model", () => {
  let cli: TestCli;
  let digest: string;
  let registry: Awaited<ReturnType<typeof loopbackRegistry>>;

  beforeAll(async () => {
    cli = await testCli();
    registry = await loopbackRegistry();
    await irisProject(cli);
    await cli.must("build iris");
    await cli.write("rows.jsonl", "[5.1, 3.5, 1.4, 0.2]\n");
    await cli.must("models push iris_classifier:v1 --to far");
    const iris = new URL("../../fixtures/models/iris_random_forest/model.onnx", import.meta.url);
    digest = digestHex(digestOf(await readFile(iris)));
    for (const store of [cli.home, join(cli.work, "far")]) {
      await flip(join(store, "blobs/sha256", digest));
    }
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it.each([
    "models get iris_classifier:v1 -o path",
    "models export iris_classifier:v1 exported",
    "models diff iris_classifier:v1 iris_classifier:v1 --on rows.jsonl",
    "models push iris_classifier:v1 --to empty",
    "models push iris_classifier:v1 --to REGISTRY",
    "models pull iris_classifier:v1 --from far --store empty",
    "push iris_classifier:latest --to empty",
    "export iris_classifier:latest iris.bento",
    "serve iris_classifier:latest --port 0",
    "serve iris/service.ts --port 0",
    "containerize iris_classifier:latest --output oci:image",
    "deploy iris_classifier:latest --platform local --yes",
  ])("is found by bento %s", async (line) => {
    const place = line.replace("REGISTRY", `oci://${registry.host}/team`);
    const { exitCode, out, err } = await cli.bento(place);
    expect({ exitCode, out }).toEqual({ exitCode: 7, out: "" });
    const found = `error: expected sha256:DIGEST, got sha256:DIGEST
  at: file://${line.includes("--from far") ? "WORK/far" : "HOME"} blobs/sha256/${digest}
  do: delete that file from the store and import the model or bento again: only it is stored anew
`;
    expect(err.slice(err.indexOf("error:"))).toBe(found);
  });

  it("is found by bento models verify, which names the model and its bento", async () => {
    const { exitCode, out, err } = await cli.bento("models verify");
    expect(exitCode).toBe(7);
    expect(`${out}${err}`).toContain("model iris_classifier:v1");
    expect(`${out}${err}`).toContain("bento iris_classifier:");
  });
});

/** Files of a store may not be written to. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await chmod(path, 0o644);
  await writeFile(path, bytes);
}
