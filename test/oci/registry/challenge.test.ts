import { describe, expect, it } from "vitest";
import { parseChallenge } from "../../../oci/registry/challenge.ts";

describe("parseChallenge", () => {
  it.each([
    [null, undefined],
    ["", undefined],
    ["Basic", { scheme: "basic", parameters: {} }],
    [
      'Bearer realm="https://auth.example/token",service=reg, scope="repository:a/b:pull,push"',
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.example/token",
          service: "reg",
          scope: "repository:a/b:pull,push",
        },
      },
    ],
    [
      'Basic realm="r", Bearer realm="https://auth.example/token",service="reg"',
      {
        scheme: "bearer",
        parameters: { realm: "https://auth.example/token", service: "reg" },
      },
    ],
    ['Negotiate, Basic realm="r"', { scheme: "basic", parameters: { realm: "r" } }],
    ["Negotiate", { scheme: "negotiate", parameters: {} }],
    ['bearer Realm="a\\"b"', { scheme: "bearer", parameters: { realm: 'a"b' } }],
  ])("reads %j", (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });
});
