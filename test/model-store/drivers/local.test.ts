import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Driver } from "../../../model-store/driver.ts";
import { localDriver } from "../../../model-store/drivers/local.ts";
import { describeDriver, keysOf, streamBody } from "../../support/driver-suite.ts";
import { failureOf } from "../../support/failure.ts";
import { asNobody, runLimited } from "../../support/limits.ts";
import { tempDir } from "../../support/temp-dir.ts";

describeDriver("local", async () => {
  const dir = await tempDir();
  const driver: Driver = localDriver({ root: join(dir.path, "not/made/yet") });
  return {
    ...driver,
    async [Symbol.asyncDispose]() {
      await dir[Symbol.asyncDispose]();
    },
  };
});

const hello = Buffer.from("hello");

describe("localDriver", () => {
  it("makes its folder at the first write, not before", async () => {
    await using dir = await tempDir();
    const root = join(dir.path, "store");
    const driver = localDriver({ root });
    expect(driver.url).toBe(pathToFileURL(root).href);
    expect(await keysOf(driver, "")).toEqual([]);
    expect(await readdir(dir.path)).toEqual([]);
    await driver.put("a/b", hello);
    expect(await readFile(join(root, "a/b"), "utf8")).toBe("hello");
  });

  it("leaves no unfinished files behind", async () => {
    await using dir = await tempDir();
    const driver = localDriver({ root: dir.path });
    await driver.put("a/b", streamBody(["hello"]));
    await driver.put("a/b", hello);
    await failureOf(() => driver.put("a/c", streamBody(["x"], "y")));
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });

  it("writes files that nobody changes by accident", async () => {
    await using dir = await tempDir();
    await localDriver({ root: dir.path }).put("a/b", hello);
    expect((await stat(join(dir.path, "a/b"))).mode & 0o222).toBe(0);
  });

  it("does not list hidden files, nor what a link leads to", async () => {
    await using dir = await tempDir();
    const driver = localDriver({ root: join(dir.path, "store") });
    await driver.put("a/b", hello);
    await writeFile(join(dir.path, "store/a/.DS_Store"), "x");
    await mkdir(join(dir.path, "outside"));
    await writeFile(join(dir.path, "outside/secret"), "x");
    await symlink(join(dir.path, "outside"), join(dir.path, "store/a/link"));
    expect(await keysOf(driver, "")).toEqual(["a/b"]);
  });

  it("names the path when a part of it is a file", async () => {
    await using dir = await tempDir();
    await writeFile(join(dir.path, "home"), "x");
    const driver = localDriver({ root: join(dir.path, "home") });
    const failure = await failureOf(() => driver.put("a/b", hello));
    expect(failure.code).toBe("BENTO_IO");
    expect(failure.message).toMatch(
      /^cannot write .*\/home\/\.tmp\/.*: a part of the path is a file$/,
    );
    expect(failure.hint).toBe(
      "remove that file, or choose another folder with --store or BENTO_HOME",
    );
    expect(await driver.get("a/b")).toBeUndefined();
  });

  it("names the path and a way out where it may not write", async () => {
    await using dir = await tempDir();
    await chmod(dir.path, 0o755);
    const root = join(dir.path, "store");
    await mkdir(root, { mode: 0o555 });
    const failure = await asNobody(() => failureOf(() => localDriver({ root }).put("a/b", hello)));
    expect(failure.message.replaceAll(/[0-9a-f-]{36}/g, "ID")).toBe(
      `cannot write ${root}/.tmp/ID: permission denied`,
    );
    expect(failure).toMatchObject({
      code: "BENTO_IO",
      hint: "give yourself access to it, or choose another folder with --store or BENTO_HOME",
    });
    await chmod(root, 0o755);
  });

  it("says so when the disk takes no more, and keeps what it has", async () => {
    await using dir = await tempDir();
    const driver = localDriver({ root: dir.path });
    await driver.put("a/small", hello);
    const output = await runLimited(
      `
      import { localDriver } from "./model-store/drivers/local.ts";
      const driver = localDriver({ root: ${JSON.stringify(dir.path)} });
      await driver.put("a/big", Buffer.alloc(100_000)).catch((error) => console.log(error.code, error.message));
      `,
      { fileKilobytes: 16 },
    );
    expect(output.replaceAll(/[0-9a-f-]{36}/g, "ID")).toBe(
      `BENTO_IO cannot write ${dir.path}/.tmp/ID: the file would be larger than is allowed here\n`,
    );
    expect(await keysOf(driver, "")).toEqual(["a/small"]);
    expect(await readdir(join(dir.path, ".tmp"))).toEqual([]);
  });
});
