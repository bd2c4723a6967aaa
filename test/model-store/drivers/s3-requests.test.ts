/**
 * What goes over the wire to S3, and what comes back that is not as it should be.
 */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { digestOf } from "../../../core/digest.ts";
import { collect } from "../../../model-store/collect.ts";
import type { Driver, StreamBody } from "../../../model-store/driver.ts";
import { cachedBlobs } from "../../../model-store/drivers/cached-blobs.ts";
import { localDriver } from "../../../model-store/drivers/local.ts";
import { openBucket } from "../../../model-store/drivers/s3/bucket.ts";
import { s3Driver } from "../../../model-store/drivers/s3/s3.ts";
import { parseS3Url } from "../../../model-store/drivers/s3/s3-place.ts";
import { abortOldUploads, findUpload } from "../../../model-store/drivers/s3/unfinished-uploads.ts";
import { failureOf } from "../../support/failure.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import {
  ANY_S3_SERVER,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../../support/s3-server.ts";
import { modelBytes, testStore } from "../../support/stores.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";

const MIB = 2 ** 20;
const V1 = { name: "m", version: "v1" };

/** Two parts, no two MiB alike. */
const BIG = Buffer.concat(Array.from({ length: 10 }, (_, index) => Buffer.alloc(MIB, index + 1)));

function bodyOf(bytes: Buffer): StreamBody {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    open: async function* open() {
      yield bytes;
    },
  };
}

describe.skipIf(skipWithout(ANY_S3_SERVER))("s3Driver on the wire", () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let place: string;
  let seen: IncomingMessage[];

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    server = await startS3Server(ANY_S3_SERVER);
  });
  afterAll(async () => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    proxy = await startFaultProxy(server.endpoint);
    place = (await server.store("models", randomUUID())).replace(server.endpoint, proxy.endpoint);
    seen = [];
    return () => proxy[Symbol.asyncDispose]();
  });

  const open = (url = place, silenceMs?: number): Driver =>
    s3Driver(parseS3Url(url), { silenceMs });

  /** Keeps what is asked, and spoils the first requests that match, once each. */
  const spoil = (pattern: RegExp, ...faults: Fault[]) => {
    proxy.fault = (request) => {
      seen.push(request);
      const isMeant = pattern.test(`${request.method} ${request.url}`);
      return isMeant ? (faults.shift() ?? "none") : "none";
    };
  };
  const read = async (driver: Driver, key: string) =>
    Buffer.concat(await collect((await driver.open(key)) ?? []));

  it("asks for the encryption that the store's URL names, for every object", async () => {
    await using driver = open(`${place}&sse=aws:kms&kmsKey=alias/models`);
    const status = { status: 412, body: "<Error><Code>PreconditionFailed</Code></Error>" };
    const refused = { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
    proxy.fault = (request) => {
      seen.push(request);
      return request.method === "HEAD" || request.method === "GET"
        ? "none"
        : request.method === "POST"
          ? refused
          : status;
    };
    expect(await driver.put("a/b", Buffer.from("x"))).toBe("exists");
    expect((await failureOf(() => driver.put("a/big", bodyOf(BIG)))).code).toBe("BENTO_IO");
    const writes = seen.filter(({ method }) => method === "PUT" || method === "POST");
    expect(writes.map(({ method }) => method)).toEqual(["PUT", "PUT", "POST"]);
    for (const { headers } of writes) {
      expect(headers).toMatchObject({
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "alias/models",
      });
    }
  });

  it("signs with the sha256 that it sends along, and the server compares it", async () => {
    await using driver = open();
    spoil(/none/);
    await driver.put("a/b", Buffer.from("hello"));
    const [put] = seen.filter(({ method, url }) => method === "PUT" && url?.includes("/a/b"));
    const hex = digestOf("hello").slice("sha256:".length);
    expect(put?.headers).toMatchObject({
      "x-amz-content-sha256": hex,
      "x-amz-checksum-sha256": Buffer.from(hex, "hex").toString("base64"),
      "if-none-match": "*",
    });
  });

  it("takes credentials and region of the profile that AWS_PROFILE names", async () => {
    await using dir = await tempDir();
    const [config, credentials] = [join(dir.path, "config"), join(dir.path, "credentials")];
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = S3_CREDENTIALS;
    await writeFile(config, "[profile models]\nregion = us-east-1\n");
    await writeFile(
      credentials,
      `[default]\naws_access_key_id = nobody\naws_secret_access_key = none\n[models]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    );
    const given = [...Object.keys(S3_CREDENTIALS), "AWS_SESSION_TOKEN"];
    given.forEach((name) => void vi.stubEnv(name, undefined));
    vi.stubEnv("AWS_CONFIG_FILE", config);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", credentials);
    try {
      vi.stubEnv("AWS_PROFILE", "models");
      await using driver = open();
      expect(await driver.put("a/b", Buffer.from("x"))).toBe("created");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("corrects its clock by the server's, once it was told that it differs too much", async () => {
    await using driver = open();
    const ahead = new Date(Date.now() + 3_600_000);
    const skewed = {
      status: 403,
      headers: { date: ahead.toUTCString(), "content-type": "application/xml" },
      body: "<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>",
    };
    spoil(/^GET/, skewed, { status: 200, body: "hello" });
    expect(Buffer.from((await driver.get("a/b")) ?? []).toString()).toBe("hello");
    const [first = 0, second = 0] = seen.map(({ headers }) => signedAt(headers["x-amz-date"]));
    expect(second - first).toBeGreaterThan(3_000_000);
  });

  it("says that the clock is wrong where correcting it does not help", async () => {
    await using driver = open();
    proxy.fault = () => ({
      status: 403,
      body: "<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>",
    });
    expect(await failureOf(() => driver.get("a/b"))).toMatchObject({
      code: "BENTO_IO",
      hint: "set the clock, e.g. with timedatectl",
    });
  });

  it("sends all again when the server does not know a part by what it called it", async () => {
    await using driver = open();
    spoil(/partNumber=2/, { headers: { etag: '"00000000000000000000000000000000"' } });
    expect(await driver.put("a/big", bodyOf(BIG))).toBe("created");
    expect((await read(driver, "a/big")).equals(BIG)).toBe(true);
    const begun = seen.filter(({ method, url }) => method === "POST" && url?.includes("uploads"));
    expect(begun.length).toBe(2);
  });

  it("reads nothing of an object that is another one than was found", async () => {
    await using driver = open();
    await driver.put("a/big", bodyOf(BIG));
    spoil(/^HEAD/, { headers: { etag: '"00000000000000000000000000000000"' } });
    const failure = await failureOf(() => read(driver, "a/big"));
    expect(failure.message).toContain("412 PreconditionFailed");
  });

  it("asks again where the server goes silent, before its answer and within it", async () => {
    await using driver = open(place, 200);
    await driver.put("a/b", Buffer.from("hello"));
    await driver.put("a/big", bodyOf(BIG));
    spoil(/^GET/, "hang", "hang");
    expect(Buffer.from((await driver.get("a/b")) ?? []).toString()).toBe("hello");
    spoil(/^GET/, { stallAfter: MIB }, { stallAfter: 0 }, "hang");
    expect((await read(driver, "a/big")).equals(BIG)).toBe(true);
    spoil(/^PUT .*partNumber/, "hang");
    expect(await driver.put("a/other", bodyOf(BIG))).toBe("created");
  });

  it("keeps no bytes that were changed on their way", async () => {
    await using dir = await tempDir();
    const driver = cachedBlobs(open(), localDriver({ root: join(dir.path, "home") }));
    await using store = testStore({ driver });
    const { manifest } = await store.models.save(modelBytes(), V1);
    spoil(/^GET .*blobs/, { flipAt: 20 });
    const path = () => store.models.path(manifest, join(dir.path, "cache"));
    expect((await failureOf(path)).code).toBe("BENTO_INTEGRITY");
    expect(await path()).toContain("cache");
  });

  it("keeps what a deployment uses from being deleted, and says what force breaks", async () => {
    await using store = testStore({ driver: open() });
    const { digest } = await store.models.save(modelBytes(), V1);
    await store.models.setAlias(V1, "production");
    const bento = { name: "iris", version: "b1", digest: digestOf("bento") };
    await store.deployments.append({
      ...{ schema: 1, environment: "prod", platform: "aws-lambda", name: "iris" },
      ...{ at: "2026-01-01T00:00:00Z", plan: digestOf("plan"), outcome: "succeeded" },
      ...{ verified: true, details: {} },
      bento: { ...bento, models: { iris: { tag: "m:v1", digest } } },
    });
    const broken = ["alias production", "deployment iris on aws-lambda (prod)"];
    expect(await failureOf(() => store.models.delete(V1))).toMatchObject({
      code: "BENTO_CONFLICT",
      message: `model m:v1 is used by ${broken.join(", ")}`,
    });
    expect(await store.models.delete(V1, { force: true })).toEqual({ tag: V1, broken });
  });

  it("pages through unfinished uploads", async () => {
    await using bucket = Object.assign(openBucket(parseS3Url(place)), {
      async [Symbol.asyncDispose]() {
        await bucket.close();
      },
    });
    const { sdk, client } = await bucket.connect();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) =>
          next(
            commandName === "ListMultipartUploadsCommand"
              ? { ...args, input: { ...args.input, MaxUploads: 2 } }
              : args,
          ),
      { step: "initialize" },
    );
    const ids: string[] = [];
    for (const key of ["a", "b", "b", "b", "b", "bc", "c"]) {
      const begun = await client.send(new sdk.CreateMultipartUploadCommand(bucket.at(key)));
      ids.push(begun.UploadId ?? "");
    }
    expect(ids.slice(1, 5)).toContain((await findUpload(bucket, "b", {}))?.id);
    expect((await findUpload(bucket, "bc", {}))?.id).toBe(ids[5]);
    expect(await findUpload(bucket, "d", {})).toBeUndefined();
    const tomorrow = new Date(Date.now() + 24 * 3_600_000);
    expect(await abortOldUploads(bucket, new Date(0))).toBe(0);
    let aborted = 0;
    for (let more = 1; more > 0; aborted += more) {
      more = await abortOldUploads(bucket, tomorrow); // some servers pass over uploads of one key
    }
    expect(aborted).toBe(7);
  });
});

/** `20260101T000000Z` in milliseconds. */
function signedAt(text: unknown): number {
  const iso = String(text).replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  );
  return Date.parse(iso);
}
