import { describe, expect, it } from "vitest";
import { checkAnnounced, checkOnly, unannounced } from "../../../adapters/aws/change-set.ts";
import { caught } from "../../support/caught.ts";

const FUNCTION = "AWS::Lambda::Function";
const change = (action: string, isReplacement = false, logicalId = "Function") => ({
  logicalId,
  resourceType: FUNCTION,
  action,
  isReplacement,
});

describe("unannounced", () => {
  it("lets additions and changes in place pass", () => {
    expect(unannounced([change("Add"), change("Modify")], [])).toEqual([]);
  });

  it.each([
    { what: "a removal", change: change("Remove") },
    { what: "a replacement", change: change("Modify", true) },
  ])("names $what that nobody announced", ({ change: one }) => {
    const other = { resourceType: FUNCTION, logicalId: "Other", action: "Remove" } as const;
    const modify = { resourceType: FUNCTION, action: "Modify" } as const;
    expect(unannounced([one], [other, modify])).toEqual([one]);
  });

  it("lets what was announced pass, by logical id or by type", () => {
    const changes = [change("Remove"), change("Modify", true, "Other")];
    expect(
      unannounced(changes, [
        { resourceType: FUNCTION, logicalId: "Function", action: "Remove" },
        { resourceType: FUNCTION, action: "Modify", isReplacement: true },
      ]),
    ).toEqual([]);
  });

  it("does not take an announced removal for a replacement", () => {
    const expected = [{ resourceType: FUNCTION, action: "Remove" }] as const;
    expect(unannounced([change("Modify", true)], expected)).toEqual([change("Modify", true)]);
  });
});

describe("checkAnnounced", () => {
  it("lists what the plan does not announce", () => {
    const changeSet = {
      id: "cs",
      stackId: "stack/bento-iris",
      status: "CREATE_COMPLETE",
      statusReason: "",
      executionStatus: "AVAILABLE",
      changes: [change("Modify"), change("Modify", true), change("Remove", false, "Old")],
    };
    expect(caught(() => checkAnnounced(changeSet, []))).toEqual({
      code: "BENTO_STALE_PLAN",
      message: [
        "CloudFormation would do what the plan does not announce:",
        "  replaces AWS::Lambda::Function Function",
        "  removes AWS::Lambda::Function Old",
      ].join("\n"),
      where: "stack/bento-iris",
      hint: "make the plan again and look at it; nothing was changed",
    });
  });
});

describe("checkOnly", () => {
  const changeSet = {
    id: "cs",
    stackId: "stack/bento-iris",
    status: "CREATE_COMPLETE",
    statusReason: "",
    executionStatus: "AVAILABLE",
  };

  it("lets pass what only refers to what may change", () => {
    const changes = [{ ...change("Modify"), isOnlyPossible: true }];
    expect(checkOnly({ ...changeSet, changes }, ["AWS::ECS::Service"])).toBeUndefined();
  });

  it("names what else would change", () => {
    const changes = [change("Modify"), { ...change("Modify"), resourceType: "AWS::ECS::Service" }];
    expect(caught(() => checkOnly({ ...changeSet, changes }, ["AWS::ECS::Service"]))).toEqual({
      code: "BENTO_STALE_PLAN",
      message:
        "CloudFormation would change more than the plan announces:\n  modify AWS::Lambda::Function Function",
      where: "stack/bento-iris",
      hint: "make the plan again and look at it; nothing was changed",
    });
  });
});
