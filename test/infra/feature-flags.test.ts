import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { everyLambdaConstruct } from "../support/lambda-stack.ts";

const RECOMMENDED: Record<string, unknown> = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve("aws-cdk-lib/recommended-feature-flags.json"),
    "utf8",
  ),
);

function resourcesWith(flags: Record<string, unknown>): object {
  return Template.fromStack(everyLambdaConstruct(flags)).toJSON()["Resources"];
}

describe("feature flags of aws-cdk-lib", () => {
  it("change nothing in what is made", () => {
    const none = Object.fromEntries(Object.keys(RECOMMENDED).map((flag) => [flag, false]));
    const unset = resourcesWith({});
    expect(resourcesWith(RECOMMENDED)).toEqual(unset);
    expect(resourcesWith(none)).toEqual(unset);
  });
});

describe("the constructs of the Lambda side", () => {
  it("never rename their logical ids", () => {
    const ids = Object.keys(resourcesWith({}));
    expect(
      ids.map((id) => id.replace(/(Version[0-9A-F]{8})[0-9a-f]{32}$/, "$1…")),
    ).toMatchInlineSnapshot(`
      [
        "IrisLogsBA40F2D7",
        "IrisRole2DCA6FF0",
        "IrisRoleDefaultPolicy1C2614E4",
        "IrisFunctionSecurityGroupBFB484EF",
        "IrisFunctionD0561AE8",
        "IrisFunctionCurrentVersion542D3F1F…",
        "IrisLiveD3F62FD2",
        "IrisLiveinvokefunctionurl33AC809C",
        "IrisLiveinvokefunction2A93420D",
        "IrisUrlD6D8E1DB",
        "IrisDeadLetters19E4AE6E",
        "IrisDeadLettersPolicyB6F95027",
        "IrisQueue898C1FE9",
        "IrisQueuePolicy14E40E75",
        "IrisQueueEvents54172DCA",
        "ManagedLogsA1E76F44",
        "ManagedRoleBC2A80E6",
        "ManagedRoleDefaultPolicy285EE016",
        "ManagedFunction5C18960E",
        "ManagedFunctionCurrentVersion508A7D71…",
        "ManagedSecurityGroupF88BFDF6",
        "ManagedOperatorRole47D6C594",
        "ManagedCapacity2C9DB636",
        "ManagedLive371EFF83",
        "ManagedUrl49D04DE7",
        "FrozenLogs1A492A3B",
        "FrozenRole34718828",
        "FrozenRoleDefaultPolicy3A885DA9",
        "FrozenFunction1AF4FA4A",
        "FrozenFirstVersion74264864",
        "FrozenLive086EE8F6",
        "ModelsBucket970C6ADA",
        "ModelsBucketPolicyBA91E4F9",
        "AlarmsErrorsE6AA3AE1",
        "AlarmsRejects9E496779",
        "AlarmsLatency0C947829",
        "AlarmsQueueAge360DC5B5",
        "AlarmsDeadLetters20E28703",
        "Dashboard7A714131",
      ]
    `);
  });

  it("allow no action by a wildcard", () => {
    const allowed = JSON.stringify(resourcesWith({})).matchAll(
      /"Action":(\[[^\]]*\]|"[^"]*"),(?:"Condition":\{[^}]*\}+,)?"Effect":"Allow"/g,
    );
    const actions = [...allowed].map(([, text]) => text);
    expect(actions.length).toBeGreaterThan(5);
    expect(actions.filter((text) => text?.includes("*"))).toEqual([]);
  });
});
