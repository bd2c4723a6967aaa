import { describe, expect, it } from "vitest";
import { streamOf } from "../../../oci/chunks.ts";
import { createRegistryClient } from "../../../oci/registry/client.ts";
import type { CredentialSource } from "../../../oci/registry/credentials.ts";
import type { Answer, Exchange, Outgoing } from "../../../oci/registry/exchange.ts";
import { failureOf } from "../../support/failure.ts";

const REF = { registry: "r.example", repository: "team/iris" };
const BLOB = { digest: `sha256:${"0".repeat(64)}`, size: 3 } as const;

interface Served {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly text?: string;
}

/** A registry in memory: each request is answered by a function, and noted as `METHOD URL AUTHORIZATION`. */
function served(answer: (request: Outgoing, authorization: string | undefined) => Served) {
  const requests: string[] = [];
  const exchange: Exchange = async (request) => {
    const { method, url, headers, body } = request;
    const sent = body === undefined ? "" : Buffer.concat(await Array.fromAsync(body.open()));
    const { authorization } = headers;
    const form = headers["content-type"]?.includes("form") === true ? String(sent) : undefined;
    requests.push([method, url.href, authorization, form].filter(Boolean).join(" "));
    const { status, headers: given = {}, text = "" } = answer(request, authorization);
    const reply: Answer = {
      status,
      headers: given,
      body: streamOf(Buffer.from(text)),
      discard() {},
    };
    return reply;
  };
  return { requests, exchange };
}

const challenge = (realm = "https://auth.example/token") => ({
  status: 401,
  headers: { "www-authenticate": `Bearer realm="${realm}",service="reg"` },
});

/** Wants a token; the token server gives `t1`, `t2` … to everyone. */
function tokenRegistry(isGood: (token: string) => boolean = () => true, expires = 100) {
  let count = 0;
  return served(({ url }, authorization) => {
    if (url.host === "auth.example") {
      count += 1;
      return { status: 200, text: JSON.stringify({ token: `t${count}`, expires_in: expires }) };
    }
    const token = authorization?.replace("Bearer ", "");
    return token !== undefined && isGood(token) ? { status: 404 } : challenge();
  });
}

const password: CredentialSource = async () => ({
  kind: "password",
  username: "me",
  password: "pw",
});

describe("an account at a registry", () => {
  it("is asked for once, by whoever comes first, and the token kept until shortly before its end", async () => {
    const { requests, exchange } = tokenRegistry();
    let nowMs = 0;
    const options = { exchange, now: () => nowMs, access: "push" } as const;
    const { blobs } = createRegistryClient(REF, options);
    await Promise.all([blobs.has(BLOB), blobs.has(BLOB), blobs.has(BLOB)]);
    nowMs = 79_000;
    await blobs.has(BLOB);
    nowMs = 80_000;
    await blobs.has(BLOB);
    const token =
      "GET https://auth.example/token?service=reg&scope=repository%3Ateam%2Firis%3Apull%2Cpush";
    const head = `HEAD https://r.example/v2/team/iris/blobs/${BLOB.digest}`;
    expect(requests).toEqual([
      head,
      token,
      ...Array(4).fill(`${head} Bearer t1`),
      token,
      `${head} Bearer t2`,
    ]);
  });

  it("gets a new token when one is refused before its time, and no third", async () => {
    const { requests, exchange } = tokenRegistry((token) => token === "t2");
    const { blobs } = createRegistryClient(REF, {
      exchange,
      credentials: password,
      access: "push",
    });
    expect(await blobs.has(BLOB)).toBe(false);
    expect(requests.filter((line) => line.includes("auth.example")).length).toBe(2);
    const never = tokenRegistry(() => false);
    const refused = createRegistryClient(REF, {
      exchange: never.exchange,
      credentials: password,
      access: "push",
    });
    expect((await failureOf(() => refused.blobs.has(BLOB))).message).toBe(
      'r.example does not let "me" read team/iris',
    );
    expect(never.requests.length).toBeLessThanOrEqual(6);
  });

  it("exchanges an identity token for one of the scope", async () => {
    const { requests, exchange } = tokenRegistry();
    const credentials: CredentialSource = async () => ({ kind: "identity-token", token: "id" });
    await createRegistryClient(REF, { exchange, credentials }).blobs.has(BLOB);
    expect(requests[1]).toBe(
      "POST https://auth.example/token grant_type=refresh_token&service=reg&client_id=bentokit&scope=repository%3Ateam%2Firis%3Apull&refresh_token=id",
    );
  });

  it.each([401, 403])(
    "is asked of a source that costs a login only after %s without",
    async (status) => {
      const asked: boolean[] = [];
      const credentials: CredentialSource = async ({ isNeeded }) => {
        asked.push(isNeeded);
        return isNeeded ? { kind: "password", username: "me", password: "pw" } : undefined;
      };
      const { requests, exchange } = served(({ url }, authorization) => {
        if (url.host === "auth.example") {
          return { status: 200, text: `{"token":"${authorization === undefined ? "no" : "yes"}"}` };
        }
        if (authorization === "Bearer yes") {
          return { status: 404 };
        }
        return authorization === undefined ? challenge() : { ...challenge(), status };
      });
      await createRegistryClient(REF, { exchange, credentials }).blobs.has(BLOB);
      expect(asked).toEqual([false, true]);
      expect(requests.at(-1)).toMatch(/ Bearer yes$/);
    },
  );

  it("says that it is wrong when the token server refuses it", async () => {
    const { exchange } = served(({ url }) =>
      url.host === "auth.example" ? { status: 401 } : challenge(),
    );
    const client = createRegistryClient(REF, { exchange, credentials: password, access: "push" });
    expect(await failureOf(() => client.blobs.has(BLOB))).toEqual({
      code: "BENTO_UNREACHABLE",
      message: 'r.example refuses the account "me": wrong name or password',
      where: "r.example",
      hint: "log in: docker login r.example, or set BENTO_REGISTRY_USERNAME and BENTO_REGISTRY_PASSWORD",
    });
  });

  it.each([
    ["http://auth.example/token", "plain HTTP"],
    ["https://127.0.0.1/token", "this machine"],
    ["https://10.1.2.3/token", "a private network"],
  ])("is not sent to %s: %s", async (realm) => {
    const { requests, exchange } = served(() => challenge(realm));
    const client = createRegistryClient(REF, { exchange, credentials: password });
    expect((await failureOf(() => client.blobs.has(BLOB))).code).toBe("BENTO_REFUSED");
    expect(requests.length).toBe(1);
  });

  it.each(["", "{}", '{"token":3}', "<html>"])(
    "is told of a token server that says %j",
    async (text) => {
      const { exchange } = served(({ url }) =>
        url.host === "auth.example" ? { status: 200, text } : challenge(),
      );
      const client = createRegistryClient(REF, { exchange });
      expect((await failureOf(() => client.blobs.has(BLOB))).message).toBe(
        "no token from auth.example: status 200",
      );
    },
  );

  it("asks Docker's own registry by its other name", async () => {
    const { requests, exchange } = served(() => ({ status: 404 }));
    const ref = { registry: "docker.io", repository: "library/node" };
    await createRegistryClient(ref, { exchange }).blobs.has(BLOB);
    expect(requests[0]).toMatch(/^HEAD https:\/\/registry-1\.docker\.io\/v2\/library\/node\//);
  });
});

describe("an upload's Location", () => {
  const blob = { ...BLOB, open: () => streamOf(Buffer.from("abc")) };

  const uploadTo = async (location: string) => {
    const { requests, exchange } = served(({ method, url }) => {
      if (method === "HEAD") {
        return { status: 404 };
      }
      return method === "POST" && url.host === "r.example"
        ? { status: 202, headers: { location } }
        : { status: 201 };
    });
    const client = createRegistryClient(REF, { exchange, access: "push" });
    const outcome = client.blobs.put(blob);
    return { requests, outcome };
  };

  it.each([
    ["/v2/team/iris/blobs/uploads/1", "https://r.example/v2/team/iris/blobs/uploads/1?"],
    ["1?_state=a%2Fb", "https://r.example/v2/team/iris/blobs/uploads/1?_state=a%2Fb&"],
    ["https://s3.example/x?sign=a+b%2B", "https://s3.example/x?sign=a+b%2B&"],
  ])("may be %s", async (location, start) => {
    const { requests, outcome } = await uploadTo(location);
    expect(await outcome).toBe("uploaded");
    expect(requests.at(-1)).toBe(`PUT ${start}digest=sha256%3A${"0".repeat(64)}`);
  });

  it.each(["http://r.example/x", "https://192.168.0.1/x", "http://localhost/x", "ftp://x/y"])(
    "may not be %s",
    async (location) => {
      const { requests, outcome } = await uploadTo(location);
      expect((await failureOf(() => outcome)).code).toBe("BENTO_REFUSED");
      expect(requests.filter((line) => line.startsWith("PUT"))).toEqual([]);
    },
  );

  it("is missed where it is not said", async () => {
    const { exchange } = served(({ method }) => ({ status: method === "HEAD" ? 404 : 202 }));
    const client = createRegistryClient(REF, { exchange, access: "push" });
    expect((await failureOf(() => client.blobs.put(blob))).message).toBe(
      "r.example takes an upload and does not say where",
    );
  });
});

describe("bytes of unknown digest", () => {
  it("go out in one piece without a range, whatever range comes back", async () => {
    const digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const { requests, exchange } = served(({ method }) => {
      if (method === "POST") {
        return { status: 202, headers: { location: "/v2/up/1" } };
      }
      return method === "PATCH"
        ? { status: 201, headers: { location: "/v2/up/2", range: "0-0" } }
        : { status: 201 };
    });
    const client = createRegistryClient(REF, { exchange, access: "push" });
    expect(await client.blobs.putStream(streamOf(Buffer.from("abc")))).toEqual({ digest, size: 3 });
    expect(requests).toEqual([
      "POST https://r.example/v2/team/iris/blobs/uploads/",
      "PATCH https://r.example/v2/up/1",
      `PUT https://r.example/v2/up/2?digest=${encodeURIComponent(digest)}`,
    ]);
  });
});
