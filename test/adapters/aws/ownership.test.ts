import { describe, expect, it } from "vitest";
import { checkOwner } from "../../../adapters/aws/ownership.ts";
import { caught } from "../../support/caught.ts";

describe("checkOwner", () => {
  const check = (tags: Record<string, string>) =>
    caught(() => checkOwner({ what: "stack bento-iris", tags }, "iris"));
  const rest = {
    code: "BENTO_CONFLICT",
    where: "stack bento-iris",
    hint: "deploy under another name with --name, or destroy what is there first",
  };

  it("takes what is labelled with the bento", () => {
    expect(check({ "bento:name": "iris", team: "ml" })).toBe(undefined);
  });

  it("refuses another bento's", () => {
    expect(check({ "bento:name": "wine" })).toEqual({
      ...rest,
      message: "stack bento-iris is the bento \"wine\"'s, not iris's",
    });
  });

  it("refuses what no bento has made", () => {
    expect(check({ team: "ml" })).toEqual({
      ...rest,
      message: "stack bento-iris is no bento's, not iris's",
    });
  });
});
