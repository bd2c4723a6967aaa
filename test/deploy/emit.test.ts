import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emitDeployment } from "../../deploy/emit.ts";
import { testRuntime } from "../support/deploy-runtime.ts";
import { STUB_IMAGE } from "../support/desired.ts";
import { stubManifest } from "../support/stub-bento.ts";

const REQUEST = { platform: "aws-lambda", manifest: stubManifest(), image: STUB_IMAGE };

describe("emitDeployment", () => {
  it("writes into an empty directory that is there", async () => {
    await using runtime = await testRuntime();
    await mkdir(join(runtime.home, "app"));
    const { directory, files } = await emitDeployment(REQUEST, "app", runtime);
    expect(directory).toBe(join(runtime.home, "app"));
    expect((await readdir(directory)).sort()).toEqual(files);
  });

  it("refuses a directory that is not empty and leaves it alone", async () => {
    await using runtime = await testRuntime();
    const app = join(runtime.home, "app");
    await mkdir(app);
    await writeFile(join(app, "mine.txt"), "");
    await expect(emitDeployment(REQUEST, "app", runtime)).rejects.toMatchObject({
      code: "BENTO_CONFLICT",
      message: "the directory is not empty: mine.txt",
      where: app,
      hint: "give a new directory to --emit",
    });
    expect(await readdir(app)).toEqual(["mine.txt"]);
  });

  it("refuses a file in the directory's place", async () => {
    await using runtime = await testRuntime();
    await writeFile(join(runtime.home, "app"), "");
    await expect(emitDeployment(REQUEST, "app", runtime)).rejects.toMatchObject({
      code: "BENTO_IO",
      message: expect.stringMatching(/^cannot write to \S+\/app: Error: ENOTDIR: /),
      where: "--emit",
    });
  });

  it("says what to do where a platform has nothing to write", async () => {
    await using runtime = await testRuntime();
    await expect(
      emitDeployment({ ...REQUEST, platform: "local" }, "app", runtime),
    ).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      message: "local has nothing to write out",
      where: "platform local",
      hint: "deploy with --platform local, or emit for a cloud: --platform aws-lambda --emit DIR",
    });
  });
});
