import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { s3Driver } from "../../../model-store/drivers/s3/s3.ts";
import { parseS3Url } from "../../../model-store/drivers/s3/s3-place.ts";
import { describeDriver } from "../../support/driver-suite.ts";
import {
  ANY_S3_SERVER,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../../support/s3-server.ts";
import { missingTools, skipWithout } from "../../support/tools.ts";

describe.each(["moto_server", "versitygw"] as const)("s3Driver over %s", (name) => {
  // not every machine has Go to build versitygw; moto has to be there where skips are forbidden
  const isMissing = name === ANY_S3_SERVER ? skipWithout(name) : missingTools(name).length > 0;
  describe.skipIf(isMissing)("a real server", () => {
    let server: S3Server;

    beforeAll(async () => {
      Object.assign(process.env, S3_CREDENTIALS);
      server = await startS3Server(name);
    });
    afterAll(async () => server[Symbol.asyncDispose]());

    describeDriver("s3Driver", async () =>
      s3Driver(parseS3Url(await server.store("models", randomUUID()))),
    );
  });
});
