import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import {
  ACTION_KINDS,
  formatPlan,
  isNoop,
  Plan,
  type PlanAction,
  planDigest,
} from "../../core/plan.ts";

const CREATE: PlanAction = {
  kind: "create",
  resource: "AWS::Lambda::Function iris",
  after: { memoryMb: 1024 },
  reasons: ["no such function"],
  risk: "none",
};
const NOOP: PlanAction = { kind: "noop", resource: "iris", reasons: [], risk: "none" };
const PLAN: Plan = {
  schema: 1,
  platform: "aws-lambda",
  environment: "prod",
  name: "iris",
  bento: {
    name: "iris",
    version: "3f2a9c0011223344",
    digest: digestOf("bento"),
    models: { iris: { tag: "iris_classifier:v1.2.0", digest: digestOf("model") } },
  },
  image: { digest: digestOf("image"), platform: "linux/amd64", bytes: 1000 },
  options: { memoryMb: 1024 },
  variables: { LOG_LEVEL: "info" },
  actions: [CREATE],
  warnings: [],
  basis: { stack: null },
};

describe("Plan", () => {
  it("takes a whole plan as it is, with an image or without", () => {
    const { image: _, ...without } = PLAN;
    expect([Plan.parse(PLAN), Plan.parse(without)]).toEqual([PLAN, without]);
  });

  it.each<[string, object, (string | number)[]]>([
    ["another format", { schema: 2 }, ["schema"]],
    [
      "an action that is none",
      { actions: [{ ...CREATE, kind: "destroy" }] },
      ["actions", 0, "kind"],
    ],
    [
      "an action without its risk",
      { actions: [{ ...CREATE, risk: undefined }] },
      ["actions", 0, "risk"],
    ],
    ["a digest that is none", { image: { ...PLAN.image, digest: "latest" } }, ["image", "digest"]],
    ["another key", { at: "2025-01-01" }, []],
  ])("rejects %s", (_, change, path) => {
    expect(Plan.safeParse({ ...PLAN, ...change }).error?.issues[0]?.path).toEqual(path);
  });

  it("knows the actions of the design, in its order", () => {
    expect(ACTION_KINDS.join(" ")).toBe(
      "registry push create update replace delete version traffic noop",
    );
  });
});

describe("formatPlan", () => {
  it("reads back as the same plan", () => {
    expect(Plan.parse(JSON.parse(formatPlan(PLAN)))).toEqual(PLAN);
  });

  it("writes the same bytes whatever the order of the keys", () => {
    const turned = Object.fromEntries(Object.entries(PLAN).reverse()) as unknown as Plan;
    expect(formatPlan(turned)).toBe(formatPlan(PLAN));
  });

  it("keeps the order of the actions and ends with one line break", () => {
    const text = formatPlan({ ...PLAN, actions: [NOOP, CREATE] });
    expect(text.indexOf('"noop"')).toBeLessThan(text.indexOf('"create"'));
    expect(text.slice(-3)).toBe("\n}\n");
  });
});

describe("planDigest", () => {
  it("stays the same from release to release", () => {
    expect(planDigest(PLAN)).toMatchInlineSnapshot(
      `"sha256:baec6a7987da5343149ff30f73e5c7866726155278969e2160c5b8eb34c7c2cb"`,
    );
  });

  it.each<[string, Partial<Plan>]>([
    ["basis", { basis: { stack: "etag" } }],
    ["order of actions", { actions: [CREATE, NOOP] }],
    ["variables", { variables: {} }],
  ])("changes with the %s", (_, change) => {
    const before = { ...PLAN, actions: [NOOP, CREATE] };
    expect(planDigest({ ...before, ...change })).not.toBe(planDigest(before));
  });
});

describe("isNoop", () => {
  it.each<[string, PlanAction[], boolean]>([
    ["no actions", [], true],
    ["noops alone", [NOOP, NOOP], true],
    ["one that writes", [NOOP, CREATE], false],
    ["one that only moves traffic", [{ ...NOOP, kind: "traffic" }], false],
  ])("of %s", (_, actions, expected) => {
    expect(isNoop({ ...PLAN, actions })).toBe(expected);
  });
});
