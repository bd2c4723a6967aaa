import { describe, expect, it } from "vitest";
import type { Desired } from "../../../adapters/adapter.ts";
import { localAdapter } from "../../../adapters/local/adapter.ts";
import type { LocalObserved, LocalProcess } from "../../../adapters/local/local-process.ts";
import type { LocalOptions } from "../../../adapters/local/options.ts";
import { desiredProcess } from "../../../adapters/local/plan.ts";
import { digestOf } from "../../../core/digest.ts";
import { desiredStub } from "../../support/desired.ts";
import { stubManifest } from "../../support/stub-bento.ts";

function desired(options: object = {}, overrides: Partial<Desired> = {}) {
  return desiredStub(localAdapter, options, overrides) as Desired<LocalOptions>;
}

function observed(changes: Partial<LocalProcess> = {}): LocalObserved {
  return {
    process: {
      ...desiredProcess(desired()),
      pid: 7,
      identity: "now",
      port: 4000,
      url: "http://127.0.0.1:4000",
      log: "/log",
      directory: "/bento",
      stopTimeoutSeconds: 30,
      ...changes,
    },
    isAlive: true,
    isReady: true,
    serves: undefined,
  };
}

describe("planLocal", () => {
  it("creates where nothing runs", () => {
    const manifest = stubManifest({ docker: { env: { LEVEL: "1", MODE: "a" } } });
    const wanted = desired(
      { port: 4000 },
      { manifest, variables: { LEVEL: "2" }, inherited: ["API_KEY"] },
    );
    const plan = localAdapter.plan(wanted, undefined);
    expect(plan).toMatchObject({ basis: { pid: null }, warnings: [] });
    expect(plan.actions).toEqual([
      {
        kind: "create",
        resource: "process stub-service",
        after: {
          bento: { tag: "stub_service:v1", digest: wanted.bento.digest },
          host: "127.0.0.1",
          port: 4000,
          variables: { LEVEL: "2", MODE: "a" },
          inherited: ["API_KEY"],
        },
        reasons: ["nothing runs"],
        risk: "none",
      },
    ]);
  });

  it.each<[string, object, Partial<LocalProcess>, string[], string, string[]]>([
    [
      "another bento",
      {},
      { bento: { tag: "stub_service:v0", digest: digestOf("v0") } },
      ["bento stub_service:v0 → stub_service:v1"],
      "none",
      ["the url changes, since a free port is chosen; --set port=… keeps one"],
    ],
    ["another port", { port: 5000 }, {}, ["port 4000 → 5000"], "none", []],
    [
      "another address on the same port",
      { port: 4000, host: "::1" },
      {},
      ["host 127.0.0.1 → ::1"],
      "interrupts",
      ["port 4000 answers nothing while one process follows the other"],
    ],
    [
      "other variables on the same port",
      { port: 4000 },
      { variables: { A: "1" }, inherited: ["B"] },
      ["environment variables", "inherited environment variables"],
      "interrupts",
      ["port 4000 answers nothing while one process follows the other"],
    ],
  ])("replaces what has %s", (_what, options, old, reasons, risk, warnings) => {
    const plan = localAdapter.plan(desired(options), observed(old));
    expect(plan.actions.map((action) => [action.kind, action.reasons, action.risk])).toEqual([
      ["replace", reasons, risk],
    ]);
    expect(plan.warnings).toEqual(warnings);
  });

  it("replaces what serves something else than it was started with", () => {
    const plan = localAdapter.plan(desired(), { ...observed(), serves: "other:v1" });
    expect(plan.actions[0]?.reasons).toEqual(["it serves other:v1 instead of stub_service:v1"]);
  });

  it.each(["docker", "podman"])("says of the engine %s that it is not there yet", (engine) => {
    expect(() => localAdapter.plan(desired({ engine }), undefined)).toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: `the local engine ${engine} is not there yet`,
        where: "--set engine",
        hint: "leave it out to run the bento as a process, or run its image yourself: bento containerize stub_service:v1",
      }),
    );
  });
});
