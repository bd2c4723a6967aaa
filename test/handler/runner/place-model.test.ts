import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../handler/log.ts";
import { placeFile } from "../../../handler/runner/load-runner.ts";
import { type PlaceOptions, placeModel } from "../../../handler/runner/place-model.ts";
import { fixtureModel } from "../../support/fixture-model.ts";
import { onnxFile } from "../../support/onnx-file.ts";
import { recordLog } from "../../support/record-log.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** A thread whose model takes as long as is asked of it, by its own rows and the threads within a run. */
const worker = (ms: string) => `
import { parentPort, workerData } from "node:worker_threads";
const spec = [{ name: "X", dtype: "float32", dims: ["n", 1] }];
const { intraOpThreads } = workerData;
parentPort.on("message", ({ id, inputs }) => {
  const until = performance.now() + (${ms});
  while (performance.now() < until);
  parentPort.postMessage({ kind: "done", id, outputs: { Y: inputs.X } });
});
parentPort.postMessage({ kind: "ready", spec: { inputs: spec, outputs: spec } });
`;

async function placed(folder: string, ms: string, options: Partial<PlaceOptions> = {}) {
  const path = join(folder, "worker.mjs");
  await writeFile(path, worker(ms));
  const { host, ...rest } = await placeModel({
    session: { path },
    modelBytes: 1000,
    mode: "worker",
    layout: undefined,
    workerUrl: pathToFileURL(path),
    cores: 2,
    freeBytes: 1e9,
    onDeath() {},
    measure: () => ({ name: "m", maxRows: 8, deadlineMs: 1000, budgetMs: 500, log: silentLog }),
    ...options,
  });
  await host.close();
  return rest;
}

describe("placeModel", () => {
  it.each([
    ["on the event loop's own thread", 0.05, 2, "inline"],
    ["on a thread, where a run takes longer than the way there", 0.2, 2, "worker"],
    ["on the only core, where it is short", 0.2, 1, "inline"],
    ["on a thread, where it would hold up the event loop", 2.1, 1, "worker"],
  ])("runs a small model %s", async (_, runMs, cores, expected) => {
    const { path } = await fixtureModel("digits_mlp_torch");
    let now = 0;
    const clock = {
      now() {
        now += runMs; // asked before and after each run
        return now;
      },
    };
    const limits = { name: "m", maxRows: 8, deadlineMs: 1000, budgetMs: 500, log: silentLog };
    const { host, mode } = await placeModel({
      session: { path },
      modelBytes: 10_000,
      mode: "auto",
      layout: undefined,
      workerUrl: new URL("../../../handler/runner/onnx-worker.ts", import.meta.url),
      cores,
      onDeath() {},
      measure: () => ({ ...limits, clock }),
    });
    await host.close();
    expect(mode).toBe(expected);
  });

  it.each([
    ["nothing may be measured", { calibrationBudgetMs: 0 }],
    ["a number of threads is asked for", { threads: 1 }],
  ])("runs it on a thread where %s", async (_, options) => {
    const { path } = await fixtureModel("digits_mlp_torch");
    const { host, mode } = await placeFile({ path, ...options });
    await host.close();
    expect(mode).toBe("worker");
  });

  it("says why a model is not measured, and runs it on a thread", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "open.onnx");
    const value = { dims: ["n", "length"] };
    const file = { inputs: [{ name: "X", ...value }], outputs: [{ name: "Y", ...value }] };
    await writeFile(path, onnxFile(file));
    const log = recordLog();
    const { host, mode, profile } = await placeFile({ path, log });
    await host.close();
    expect([mode, profile]).toEqual(["worker", undefined]);
    const why = "input X leaves the length of axis 1 open";
    expect(log.lines).toEqual([
      { level: "info", fields: { model: "model", why }, message: "model not calibrated" },
    ]);
  });

  it("puts a thread on each core, as far as memory goes", async () => {
    await using dir = await tempDir();
    const layoutOf = async (options: Partial<PlaceOptions>) =>
      (await placed(dir.path, "0", options)).layout;
    expect(await layoutOf({})).toEqual({ threads: 2, intraOpThreads: 1 });
    expect(await layoutOf({ cores: 1 })).toEqual({ threads: 1, intraOpThreads: 1 });
    expect(await layoutOf({ modelBytes: 2e8 })).toEqual({ threads: 1, intraOpThreads: 2 });
    const layout = { threads: 3, intraOpThreads: 1 };
    expect(await layoutOf({ layout })).toEqual(layout);
  });

  it("takes one thread over all cores where that is faster", async () => {
    await using dir = await tempDir();
    const unhurried = { layoutBudgetMs: 60_000 };
    const wide = await placed(dir.path, "intraOpThreads === 2 ? 1 : 30", unhurried);
    expect(wide.layout).toEqual({ threads: 1, intraOpThreads: 2 });
    const narrow = await placed(dir.path, "intraOpThreads === 2 ? 30 : 3", unhurried);
    expect(narrow.layout).toEqual({ threads: 2, intraOpThreads: 1 });
  });
});
