import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import type { Driver } from "../../../model-store/driver.ts";
import { s3Driver } from "../../../model-store/drivers/s3/s3.ts";
import { parseS3Url } from "../../../model-store/drivers/s3/s3-place.ts";
import { describeDriver } from "../../support/driver-suite.ts";
import { S3_CREDENTIALS, type S3Server, startS3Server } from "../../support/s3-server.ts";
import { skipWithout } from "../../support/tools.ts";

describe.skipIf(skipWithout("moto_server"))("s3Driver over moto's server", () => {
  let server: S3Server;
  let bucket: string;

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    server = await startS3Server();
    bucket = await server.bucket("models");
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  const fresh = async (): Promise<Driver> => {
    const [start, query] = bucket.split("?");
    return s3Driver(parseS3Url(`${start}/${randomUUID()}?${query}`));
  };

  describeDriver("s3Driver", fresh);
});
