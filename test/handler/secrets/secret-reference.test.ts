import { describe, expect, it } from "vitest";
import { readReference } from "../../../handler/secrets/secret-reference.ts";

const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf";
const PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/team/key";

describe("readReference", () => {
  it.each([
    [
      SECRET,
      { service: "secretsmanager", region: "eu-west-1", suffix: "amazonaws.com", id: SECRET },
    ],
    [
      `${SECRET}:password::`,
      {
        service: "secretsmanager",
        region: "eu-west-1",
        suffix: "amazonaws.com",
        id: SECRET,
        key: "password",
      },
    ],
    [
      `${SECRET}:password:AWSPREVIOUS:v7`,
      {
        service: "secretsmanager",
        region: "eu-west-1",
        suffix: "amazonaws.com",
        id: SECRET,
        key: "password",
        versionStage: "AWSPREVIOUS",
        versionId: "v7",
      },
    ],
    [PARAMETER, { service: "ssm", region: "eu-west-1", suffix: "amazonaws.com", id: PARAMETER }],
    [
      PARAMETER.replace("aws", "aws-cn").replace("eu-west-1", "cn-north-1"),
      {
        service: "ssm",
        region: "cn-north-1",
        suffix: "amazonaws.com.cn",
        id: "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/team/key",
      },
    ],
  ])("reads %s", (text, expected) => {
    expect(readReference(text)).toEqual(expected);
  });

  it.each([
    "",
    "hunter2",
    "arn:aws:s3:::bucket",
    `${SECRET}:password`,
    "arn:aws:ssm:eu-west-1:123456789012:parameter/",
    "arn:aws:secretsmanager:eu-west-1:12:secret:x",
  ])("knows that %j is none", (text) => {
    expect(readReference(text)).toBeUndefined();
  });
});
