import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { parseOptions } from "../../deploy/options.ts";
import { failureOf } from "../support/failure.ts";

/** Of an adapter only what options need. */
const adapter = {
  platform: "cloud",
  options: z.strictObject({
    region: z.string().optional(),
    memoryMb: z.int().default(512),
    subnets: z.array(z.string().regex(/^subnet-/, "a subnet begins with subnet-")).optional(),
  }),
} as unknown as Adapter;

describe("parseOptions", () => {
  it.each([
    [["memoryMb=1024"], { memoryMb: 1024 }],
    [["region=eu-west-1"], { memoryMb: 512, region: "eu-west-1" }],
    [["region=1"], { memoryMb: 512, region: "1" }],
    [['subnets=["subnet-a","subnet-b"]'], { memoryMb: 512, subnets: ["subnet-a", "subnet-b"] }],
    [["subnets=subnet-a,subnet-b"], { memoryMb: 512, subnets: ["subnet-a", "subnet-b"] }],
    [["subnets=subnet-a"], { memoryMb: 512, subnets: ["subnet-a"] }],
  ])("reads %j", (sets, expected) => {
    expect(parseOptions(adapter, {}, sets)).toEqual(expected);
  });

  it("puts what is set over what is given", () => {
    expect(parseOptions(adapter, { memoryMb: 1, region: "a" }, ["memoryMb=2"])).toEqual({
      memoryMb: 2,
      region: "a",
    });
  });

  it("tells every wrong option at once, with the near name and the ones that there are", async () => {
    const sets = ["memory=1", "memoryMb=much", "subnets=vpc-a"];
    expect(await failureOf(() => parseOptions(adapter, {}, sets))).toEqual({
      code: "BENTO_USAGE",
      message: [
        'cloud has no option "memory"; did you mean memoryMb?',
        'memoryMb: expected number, got "much"',
        'subnets.0: a subnet begins with subnet-, got ["vpc-a"]',
      ].join("\n"),
      where: "options of cloud",
      hint: "options: memoryMb, region, subnets",
    });
  });
});
