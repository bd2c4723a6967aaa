import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AWS_PEERS, awsPeers, importAws } from "../../../adapters/aws/aws-peers.ts";
import { failureOf } from "../../support/failure.ts";
import { REPOSITORY } from "../../support/sources.ts";

describe("AWS_PEERS", () => {
  it("names the versions that are tested here", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
    const tested = Object.keys(AWS_PEERS).map((name) => [name, devDependencies[name]]);
    expect(Object.entries(AWS_PEERS)).toEqual(tested);
  });
});

describe("awsPeers", () => {
  it("lists them as adapters declare them", () => {
    expect(awsPeers("constructs")).toEqual([{ name: "constructs", version: AWS_PEERS.constructs }]);
  });
});

describe("importAws", () => {
  it("loads a package from beside us when the project has none", async () => {
    const options = { projectDirectory: "/", needs: "aws-lambda" };
    expect(await importAws("@aws-sdk/client-sts", options)).toHaveProperty("STS");
  });

  it("names the line that installs what is not there", async () => {
    const options = { projectDirectory: "/project", needs: "aws-lambda" };
    // A name that no table has, as a package of the table would be that is not installed.
    const name = "@aws-sdk/client-none" as keyof typeof AWS_PEERS;
    expect(await failureOf(() => importAws(name, options))).toEqual({
      code: "BENTO_MISSING_PEER",
      message: "aws-lambda needs @aws-sdk/client-none, not installed here",
      where: "/project",
      hint: "npm i -D @aws-sdk/client-none@undefined",
    });
  });
});
