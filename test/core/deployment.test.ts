import { describe, expect, it } from "vitest";
import { Deployment } from "../../core/deployment.ts";
import { digestOf } from "../../core/digest.ts";

const RECORD: Deployment = {
  schema: 1,
  platform: "local",
  environment: "default",
  name: "iris",
  at: "2025-06-01T12:00:00Z",
  plan: digestOf("plan"),
  bento: { name: "iris", version: "v1", digest: digestOf("bento"), models: {} },
  outcome: "succeeded",
  verified: true,
  url: "http://127.0.0.1:3000",
  details: { pid: 42 },
};

describe("Deployment", () => {
  it("takes a whole record as it is", () => {
    expect(Deployment.parse(RECORD)).toEqual(RECORD);
  });

  it("writes out details that were left out", () => {
    const { details: _, ...rest } = RECORD;
    expect(Deployment.parse(rest)).toEqual({ ...RECORD, details: {} });
  });

  it.each(["started", "succeeded", "failed", "rolled-back", "destroyed"])(
    "knows the outcome %s",
    (outcome) => {
      expect(Deployment.safeParse({ ...RECORD, outcome }).success).toBe(true);
    },
  );

  it.each<[string, object, (string | number)[]]>([
    ["a local time", { at: "2025-06-01T12:00:00+02:00" }, ["at"]],
    ["a day without a time", { at: "2025-06-01" }, ["at"]],
    ["an unknown outcome", { outcome: "ok" }, ["outcome"]],
    ["a plan that is no digest", { plan: "plan.json" }, ["plan"]],
    ["another key", { host: "laptop" }, []],
  ])("rejects %s", (_, change, path) => {
    expect(Deployment.safeParse({ ...RECORD, ...change }).error?.issues[0]?.path).toEqual(path);
  });
});
