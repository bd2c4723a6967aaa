import { describe, expect, it } from "vitest";
import { formatArn, parseArn, urlSuffix } from "../../../adapters/aws/arn.ts";

describe("parseArn", () => {
  it("reads the parts, colons of the resource among them", () => {
    expect(parseArn("arn:aws-cn:lambda:cn-north-1:123456789012:function:iris:live")).toEqual({
      partition: "aws-cn",
      service: "lambda",
      region: "cn-north-1",
      account: "123456789012",
      resource: "function:iris:live",
    });
  });

  it.each(["", "iris", "arn:aws:s3", "urn:aws:s3:::bucket"])("is undefined for %j", (text) => {
    expect(parseArn(text)).toBe(undefined);
  });
});

describe("formatArn", () => {
  it("names something in the session's account and region", () => {
    const session = { partition: "aws", region: "eu-west-1", account: "123456789012" };
    const arn = formatArn(session, "ecr", "repository/bento/iris");
    expect(arn).toBe("arn:aws:ecr:eu-west-1:123456789012:repository/bento/iris");
    expect(parseArn(arn)?.resource).toBe("repository/bento/iris");
  });
});

describe("urlSuffix", () => {
  it.each([
    ["aws", "amazonaws.com"],
    ["aws-us-gov", "amazonaws.com"],
    ["aws-cn", "amazonaws.com.cn"],
  ])("of %s is %s", (partition, suffix) => {
    expect(urlSuffix({ partition })).toBe(suffix);
  });
});
