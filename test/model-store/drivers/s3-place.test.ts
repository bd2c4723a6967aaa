import { describe, expect, it } from "vitest";
import { parseS3Url } from "../../../model-store/drivers/s3/s3-place.ts";
import { failureOf } from "../../support/failure.ts";

describe("parseS3Url", () => {
  it.each([
    ["s3://acme-models", { url: "s3://acme-models", bucket: "acme-models", prefix: "" }],
    ["s3://acme-models/", { url: "s3://acme-models", bucket: "acme-models", prefix: "" }],
    [
      "s3://acme/team/bento/",
      { url: "s3://acme/team/bento", bucket: "acme", prefix: "team/bento/" },
    ],
  ])("reads %s with Amazon's defaults", (url, expected) => {
    expect(parseS3Url(url)).toEqual({
      ...expected,
      region: undefined,
      endpoint: undefined,
      pathStyle: false,
      encryption: undefined,
    });
  });

  it("takes what differs from the query", () => {
    const url =
      "s3://acme/bento?region=eu-central-1&endpoint=https://s3.example.com&pathStyle=false&kmsKey=alias/models";
    expect(parseS3Url(url)).toEqual({
      url,
      bucket: "acme",
      prefix: "bento/",
      region: "eu-central-1",
      endpoint: "https://s3.example.com",
      pathStyle: false,
      encryption: { algorithm: "aws:kms", kmsKey: "alias/models" },
    });
  });

  it("speaks to another server in paths, and needs no region there", () => {
    const { pathStyle, region, endpoint } = parseS3Url("s3://acme", {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9000",
    });
    expect({ pathStyle, region, endpoint }).toEqual({
      pathStyle: true,
      region: "us-east-1",
      endpoint: "http://127.0.0.1:9000",
    });
  });

  it.each([
    ["s3://", 'no bucket can be called ""'],
    ["s3://Acme/x", 'no bucket can be called "Acme"'],
    ["s3://acme/a//b", 'no prefix can be "a//b"'],
    ["s3://acme/../b", 'no prefix can be "../b"'],
    ["s3://acme?regoin=x", 'no option of an S3 store is called "regoin"; did you mean region?'],
    ["s3://acme?endpoint=minio:9000", 'not the URL of an S3 endpoint: "minio:9000"'],
    ["s3://acme?pathStyle=yes", 'pathStyle is true or false, not "yes"'],
    ["s3://acme?sse=des", 'sse is aws:kms or AES256, not "des"'],
  ])("refuses %s", async (url, message) => {
    expect(await failureOf(() => parseS3Url(url))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message,
      where: url,
      hint: "write it as s3://bucket/prefix, e.g. s3://acme-models/bento?region=eu-central-1",
    });
  });
});
