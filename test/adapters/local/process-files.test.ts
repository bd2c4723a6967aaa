import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LocalProcess } from "../../../adapters/local/local-process.ts";
import {
  forgetProcess,
  rememberedProcesses,
  rememberProcess,
} from "../../../adapters/local/process-files.ts";
import { digestOf } from "../../../core/digest.ts";
import { tempDir } from "../../support/temp-dir.ts";

const PROCESS: LocalProcess = {
  engine: "process",
  pid: 12,
  identity: "now",
  port: 4000,
  url: "http://127.0.0.1:4000",
  host: "127.0.0.1",
  log: "/log",
  directory: "/bento",
  stopTimeoutSeconds: 30,
  bento: { tag: "a:v1", digest: digestOf("a") },
  variables: {},
  inherited: [],
};

describe("rememberedProcesses", () => {
  it("are those remembered and not forgotten", async () => {
    await using directory = await tempDir();
    const folder = join(directory.path, "run");
    expect(await rememberedProcesses(folder)).toEqual([]);
    await rememberProcess(folder, PROCESS);
    await rememberProcess(folder, { ...PROCESS, pid: 13 });
    expect(await rememberedProcesses(folder)).toEqual([PROCESS, { ...PROCESS, pid: 13 }]);
    await forgetProcess(folder, PROCESS);
    await forgetProcess(folder, PROCESS);
    expect(await rememberedProcesses(folder)).toEqual([{ ...PROCESS, pid: 13 }]);
    expect(await readdir(folder)).toEqual(["13.process.json"]);
  });

  it("leave out files that cannot be read", async () => {
    await using directory = await tempDir();
    await writeFile(join(directory.path, "1.process.json"), "{");
    await writeFile(join(directory.path, "2.process.json"), "{}");
    expect(await rememberedProcesses(directory.path)).toEqual([]);
  });
});
