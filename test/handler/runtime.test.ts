import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { model, service } from "../../core/index.ts";
import type { Profile } from "../../core/profile.ts";
import { loadModels, readProfile } from "../../handler/runtime.ts";
import { fixtureModel } from "../support/fixture-model.ts";
import { recordLog } from "../support/record-log.ts";
import { tempDir } from "../support/temp-dir.ts";

const ZEROS = `sha256:${"0".repeat(64)}` as const;
const ONES = `sha256:${"1".repeat(64)}` as const;

const PROFILE: Profile = {
  schema: 1,
  machine: { cores: availableParallelism(), arch: "x64", cpu: "some" },
  models: {
    iris: {
      digest: ZEROS,
      layout: { threads: 1, intraOpThreads: 1 },
      points: [
        { rows: 1, ms: 1 },
        { rows: 8, ms: 2 },
        { rows: 64, ms: 8 },
      ],
    },
  },
};

describe("readProfile", () => {
  it("reads profile.json of the folder, or the file that is given", async () => {
    await using dir = await tempDir();
    const log = recordLog();
    expect(await readProfile(dir.path, { given: undefined, log })).toBe(undefined);
    const file = join(dir.path, "profile.json");
    await writeFile(file, JSON.stringify(PROFILE));
    expect(await readProfile(dir.path, { given: undefined, log })).toEqual(PROFILE);
    expect(await readProfile("/nowhere", { given: file, log })).toEqual(PROFILE);
    const given = JSON.stringify(PROFILE);
    expect(await readProfile("/nowhere", { given, log })).toEqual(PROFILE);
    expect(log.lines).toEqual([]);
  });

  it.each([
    ["is no JSON", "{"],
    ["is no profile", '{"schema": 2}'],
  ])("goes on without one that %s, and tells", async (_, text) => {
    await using dir = await tempDir();
    const log = recordLog();
    await writeFile(join(dir.path, "profile.json"), text);
    expect(await readProfile(dir.path, { given: "", log })).toBe(undefined);
    expect(log.lines).toEqual([
      expect.objectContaining({ level: "warn", message: "profile not used" }),
    ]);
  });

  it("tells of a given one that is not there", async () => {
    const log = recordLog();
    expect(await readProfile("/", { given: "/nowhere/p.json", log })).toBe(undefined);
    expect(log.lines.map(({ message }) => message)).toEqual(["profile not used"]);
  });
});

describe("loadModels, with a profile", () => {
  async function loadedWith(profile: Profile, digest: typeof ZEROS | typeof ONES = ZEROS) {
    const { path } = await fixtureModel("iris_random_forest");
    const { definition } = service({
      name: "iris",
      models: { iris: model("iris:latest") },
      apis: ({ api }) => ({ ping: api({ input: {}, output: z.null(), run: async () => null }) }),
    });
    const models = { iris: { tag: "iris:v1", digest, path, batchable: true } };
    const log = recordLog();
    const runtime = { name: "iris", version: "v1", digest: ZEROS, models };
    const runners = await loadModels({ definition, runtime, directory: "/", log, profile });
    await runners["iris"]?.close();
    return log.lines.map(({ fields: { mode, points, profiled }, message }) => {
      const rows = (points as { rows: number }[] | undefined)?.map((point) => point.rows);
      return { message, mode, rows, profiled };
    });
  }

  it("takes its layout and its sizes", async () => {
    expect(await loadedWith(PROFILE)).toEqual([
      { message: "model loaded", mode: "worker", rows: [1, 8, 64], profiled: undefined },
    ]);
  });

  it("leaves the layout to measuring on a machine with other cores", async () => {
    const machine = { ...PROFILE.machine, cores: availableParallelism() + 1 };
    const [line] = await loadedWith({ ...PROFILE, machine });
    expect(line?.rows).toEqual([1, 8, 64]);
  });

  it("does not use that of another model", async () => {
    const lines = await loadedWith(PROFILE, ONES);
    expect(lines[0]).toEqual({
      message: "profile is of another model",
      mode: undefined,
      rows: undefined,
      profiled: ZEROS,
    });
    expect(lines[1]?.rows).toEqual([1, 8, 32, 64, 100]);
  });
});
