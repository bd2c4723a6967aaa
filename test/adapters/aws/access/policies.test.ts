import { describe, expect, it } from "vitest";
import {
  MANAGED_POLICY_CHARACTERS,
  policyParts,
} from "../../../../adapters/aws/access/policy-parts.ts";
import { everyPolicy, GIVEN_ROLES, type NamedPolicy } from "../../../support/aws/every-policy.ts";

const POLICIES = await everyPolicy();

/** Keys of condition that the printed policies may use. */
const OPERATORS = ["ArnEquals", "ArnLike", "StringEquals"];

function statements({ document }: NamedPolicy) {
  return document.Statement;
}

describe.each(POLICIES)("$name", (policy) => {
  it("is what IAM reads as a policy", () => {
    expect(Object.keys(policy.document)).toEqual(["Version", "Statement"]);
    expect(policy.document.Version).toBe("2012-10-17");
    for (const { Sid, Effect, Action, Resource, Condition = {}, ...rest } of statements(policy)) {
      expect(rest).toEqual({});
      expect(Effect).toBe("Allow");
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
      expect(Action.length).toBeGreaterThan(0);
      expect(Resource.length).toBeGreaterThan(0);
      for (const resource of Resource) {
        expect(resource).toMatch(/^(?:\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:\S+)$/);
      }
      expect(Object.keys(Condition).filter((key) => !OPERATORS.includes(key))).toEqual([]);
      const values = Object.values(Condition).flatMap((keys) => Object.values(keys));
      expect(values.filter((value) => value.length === 0)).toEqual([]);
    }
  });

  it("has a name of its own for each statement", () => {
    const sids = statements(policy).map(({ Sid }) => Sid);
    expect(sids.filter((sid, index) => sids.indexOf(sid) !== index)).toEqual([]);
  });

  it("writes every action out, of one service in a statement, each once", () => {
    for (const { Action } of statements(policy)) {
      expect(Action.filter((name) => !/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(name))).toEqual([]);
      expect(new Set(Action.map((name) => name.split(":")[0])).size).toBe(1);
      expect(Action).toEqual([...new Set(Action)].sort());
    }
  });

  it("fits into managed policies, ten of which a role has", () => {
    const parts = policyParts(policy.document);
    expect(parts.flatMap(({ Statement }) => Statement)).toEqual(policy.document.Statement);
    for (const part of parts) {
      expect(JSON.stringify(part).length).toBeLessThanOrEqual(MANAGED_POLICY_CHARACTERS);
    }
    expect(parts.length).toBeLessThanOrEqual(policy.work === "boundary" ? 1 : 4);
  });

  it("passes roles of its own and given ones alone, each to services by name", () => {
    const passing = statements(policy).filter(({ Action }) => Action.includes("iam:PassRole"));
    for (const { Resource, Condition } of passing) {
      expect(Condition?.["StringEquals"]?.["iam:PassedToService"]).toBeDefined();
      for (const role of Resource) {
        expect(
          GIVEN_ROLES.includes(role) ||
            /:role\/(?:bento-iris-Bento|aws-service-role\/ecs)/.test(role),
        ).toBe(true);
      }
    }
  });
});
