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

  it("replaces a process by a container, and one image of a bento by another", () => {
    const image = desired({ engine: "podman" });
    expect(localAdapter.plan(image, observed()).actions).toEqual([
      {
        kind: "replace",
        resource: "podman container stub-service",
        before: {
          bento: image.bento && { tag: "stub_service:v1", digest: image.bento.digest },
          host: "127.0.0.1",
          port: 4000,
          variables: {},
          inherited: [],
        },
        after: {
          engine: "podman",
          network: "bridge",
          image: image.image?.digest,
          bento: { tag: "stub_service:v1", digest: image.bento.digest },
          host: "127.0.0.1",
          port: "a free one",
          variables: {},
          inherited: [],
        },
        reasons: ["engine process → podman"],
        risk: "none",
      },
    ]);
    const old = { ...desiredProcess(image), image: digestOf("old"), network: "host" as const };
    expect(localAdapter.plan(image, observed(old)).actions[0]?.reasons).toEqual([
      "network host → bridge",
      `image ${digestOf("old")} → ${image.image?.digest}`,
    ]);
  });

  it("shows no value of a secret, and still sees that it is another", () => {
    const secret = { DB_PASSWORD: "hunter2", LEVEL: "3" };
    const plan = localAdapter.plan(
      desired({}, { variables: secret }),
      observed({ variables: { ...secret, DB_PASSWORD: "hunter1" } }),
    );
    const [action] = plan.actions;
    expect(action?.reasons).toEqual(["environment variables"]);
    expect(JSON.stringify(action)).not.toContain("hunter");
    expect(action?.after).toMatchObject({ variables: { DB_PASSWORD: "(hidden)", LEVEL: "3" } });
  });
});
