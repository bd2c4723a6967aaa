import { createHash, randomUUID } from "node:crypto";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../../model-store/collect.ts";
import type { Driver, StreamBody } from "../../../model-store/driver.ts";
import { partBytesOf } from "../../../model-store/drivers/s3/multipart-upload.ts";
import { s3Driver } from "../../../model-store/drivers/s3/s3.ts";
import { parseS3Url } from "../../../model-store/drivers/s3/s3-place.ts";
import { failureOf } from "../../support/failure.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import {
  ANY_S3_SERVER,
  clientOf,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../../support/s3-server.ts";
import { skipWithout } from "../../support/tools.ts";

const MIB = 2 ** 20;

/** 20 MiB, so three parts, that no compression and no repetition makes small. */
const BYTES = Buffer.concat(
  Array.from({ length: 20 * 64 }, (_, index) =>
    Buffer.alloc(MIB / 64, createHash("sha512").update(String(index)).digest()),
  ),
);

function bodyOf(bytes: Buffer): StreamBody {
  return {
    digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    size: bytes.length,
    async *open() {
      for (let from = 0; from < bytes.length; from += MIB) {
        yield bytes.subarray(from, from + MIB);
      }
    },
  };
}

describe("partBytesOf", () => {
  it.each([
    [1, 8 * MIB],
    [80_000 * MIB, 8 * MIB],
    [80_001 * MIB, 9 * MIB],
    [5 * 2 ** 40, 525 * MIB],
  ])("cuts %d bytes into parts of %d", (size, expected) => {
    expect(partBytesOf(size)).toBe(expected);
    expect(size / expected).toBeLessThanOrEqual(10_000);
  });
});

describe.skipIf(skipWithout(ANY_S3_SERVER))("s3Driver over a bad network", () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let place: string;
  let driver: Driver;

  beforeAll(async () => {
    Object.assign(process.env, S3_CREDENTIALS);
    server = await startS3Server(ANY_S3_SERVER);
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  beforeEach(async () => {
    const prefix = randomUUID();
    const url = await server.store("models", prefix);
    await using direct = s3Driver(parseS3Url(url));
    await direct.put("first/write", Buffer.from("so that the server is proven"));
    proxy = await startFaultProxy(server.endpoint);
    place = `s3://models/${prefix}?endpoint=${proxy.endpoint}`;
    driver = s3Driver(parseS3Url(place));
    await driver.put("second/write", Buffer.from("so that this driver knows it"));
    proxy.requests.length = 0;
    return async () => {
      await driver[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    };
  });

  /** Spoils the first requests that match, once each. */
  const spoil = (pattern: RegExp, ...faults: ReturnType<FaultProxy["fault"]>[]) => {
    proxy.fault = ({ method, url }) =>
      pattern.test(`${method} ${url}`) ? (faults.shift() ?? "none") : "none";
  };
  const read = async (key: string, ...range: [start: number, end: number] | []) => {
    const [start, end] = range;
    const options = start === undefined || end === undefined ? {} : { start, end };
    return Buffer.concat(await collect((await driver.open(key, options)) ?? []));
  };

  it("uploads in parts what is large, and reads it back whole and in ranges", async () => {
    expect(await driver.put("a/big", bodyOf(BYTES))).toBe("created");
    expect(proxy.requests.filter((line) => line.includes("partNumber")).length).toBe(3);
    expect((await read("a/big")).equals(BYTES)).toBe(true);
    const [start, end] = [8 * MIB - 3, 16 * MIB + 5];
    expect((await read("a/big", start, end)).equals(BYTES.subarray(start, end))).toBe(true);
  });

  it("sends a part again that was refused, cut off or answered with 500 and 503", async () => {
    spoil(
      /partNumber=2/,
      "refuse",
      { status: 500 },
      { status: 503, body: "<Error><Code>SlowDown</Code></Error>" },
    );
    expect(await driver.put("a/big", bodyOf(BYTES))).toBe("created");
    expect((await read("a/big")).equals(BYTES)).toBe(true);
  });

  it("sends after a broken try only the parts that are missing", async () => {
    const broken: StreamBody = {
      ...bodyOf(BYTES),
      async *open() {
        yield BYTES.subarray(0, 17 * MIB);
        throw new Error("the process ends");
      },
    };
    await expect(driver.put("a/big", broken)).rejects.toThrow("the process ends");
    expect(await driver.head("a/big")).toBeUndefined();
    proxy.requests.length = 0;
    expect(await driver.put("a/big", bodyOf(BYTES))).toBe("created");
    const sent = proxy.requests.filter((line) => line.startsWith("PUT"));
    expect(sent.map((line) => /partNumber=(\d)/.exec(line)?.[1])).toEqual(["3"]);
    expect((await read("a/big")).equals(BYTES)).toBe(true);
  });

  it("leaves nothing of an upload whose bytes were not those of its digest", async () => {
    const wrong: StreamBody = {
      ...bodyOf(BYTES),
      open: bodyOf(Buffer.from(BYTES).fill(7, 0, 1)).open,
    };
    expect((await failureOf(() => driver.put("a/big", wrong))).code).toBe("BENTO_INTEGRITY");
    const client = clientOf(server.endpoint);
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: "models" }));
    client.destroy();
    const [, prefix = ""] = /models\/(.*)\?/.exec(place) ?? [];
    expect((Uploads ?? []).filter(({ Key }) => Key?.startsWith(prefix))).toEqual([]);
  });

  it("lets none of several uploads of the same content fail", async () => {
    const states = await Promise.all([1, 2, 3].map(() => driver.put("a/big", bodyOf(BYTES))));
    // not every server has a condition on the end of an upload: the same bytes may be written twice
    expect(states).toContain("created");
    expect((await read("a/big")).equals(BYTES)).toBe(true);
  });

  it("knows its own write when only the answer to it was lost", async () => {
    spoil(/^PUT .*\/a\/b/, "lose-answer");
    expect(await driver.put("a/b", Buffer.from("mine"))).toBe("created");
    expect(proxy.requests.filter((line) => line.startsWith("PUT")).length).toBe(2);
  });

  it("knows another's write when its own first try was refused", async () => {
    spoil(/^PUT .*\/a\/b/, "refuse");
    await using other = s3Driver(
      parseS3Url(await server.store("models", place.split(/[/?]/)[3] ?? "")),
    );
    await other.put("a/b", Buffer.from("theirs"));
    expect(await driver.put("a/b", Buffer.from("mine"))).toBe("exists");
  });

  it("goes on with a download where it was cut", async () => {
    await driver.put("a/big", bodyOf(BYTES));
    proxy.requests.length = 0;
    spoil(/^GET .*\/a\/big/, { cutAfter: MIB }, "refuse", { cutAfter: 5 }, { status: 503 });
    expect((await read("a/big")).equals(BYTES)).toBe(true);
  });

  it("reads a document again whose answer was cut", async () => {
    await driver.put("a/b", Buffer.from("hello"));
    spoil(/^GET .*\/a\/b/, { cutAfter: 2 });
    expect(Buffer.from((await driver.get("a/b")) ?? []).toString()).toBe("hello");
  });

  it.each([
    [
      403,
      "AccessDenied",
      "BENTO_IO",
      "access denied",
      "allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload on it",
    ],
    [
      "404",
      "NoSuchBucket",
      "BENTO_NOT_FOUND",
      "there is no such bucket",
      "make it, or correct the name",
    ],
    [
      403,
      "SignatureDoesNotMatch",
      "BENTO_IO",
      "the secret key is not the one of the access key",
      "give credentials the way the AWS SDK reads them: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role",
    ],
  ])("says what a %s %s means", async (status, name, code, reason, hint) => {
    proxy.fault = () => ({
      status: Number(status),
      body: `<?xml version="1.0"?><Error><Code>${name}</Code><Message>no</Message></Error>`,
    });
    expect(await failureOf(() => driver.get("a/b"))).toEqual({
      code,
      message: `cannot read ${place} a/b: ${reason}`,
      where: `${place} a/b`,
      hint,
    });
  });

  it("refuses a server that lets objects be overwritten", async () => {
    proxy.fault = ({ method }) => (method === "PUT" ? { status: 200 } : "none");
    await using trusting = s3Driver(parseS3Url(place));
    expect(await failureOf(() => trusting.put("a/b", Buffer.from("1")))).toEqual({
      code: "BENTO_UNSUPPORTED",
      message: `${place} lets objects be overwritten`,
      where: place,
      hint: "a store needs a server that honours If-None-Match on writes: Amazon S3, MinIO, R2 and Ceph 19 do",
    });
  });
});
