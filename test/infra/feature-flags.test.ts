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
