import { describe, expect, it } from "vitest";
import { parseChallenge } from "../../../oci/registry/challenge.ts";
import { checkHop, get, isLoopback } from "../../../oci/registry/transport.ts";

describe("checkHop", () => {
  it.each([
    ["https://gcr.io/v2/", "https://storage.googleapis.com/blob"],
    ["http://127.0.0.1:5000/v2/", "http://localhost:5001/blob"],
    ["https://10.0.0.1/v2/", "https://10.0.0.2/blob"],
    ["http://localhost:5000/v2/", "https://cdn.example/blob"],
  ])("lets %s point to %s", (from, to) => {
    expect(() => checkHop(new URL(from), new URL(to))).not.toThrow();
  });

  it.each([
    ["https://gcr.io/v2/", "http://gcr.io/blob"],
    ["https://gcr.io/v2/", "http://127.0.0.1/blob"],
    ["https://gcr.io/v2/", "https://127.0.0.1/blob"],
    ["https://gcr.io/v2/", "https://169.254.169.254/latest/meta-data"],
    ["https://gcr.io/v2/", "https://192.168.1.1/"],
    ["https://gcr.io/v2/", "https://172.16.0.1/"],
    ["https://gcr.io/v2/", "https://[::1]/"],
    ["https://gcr.io/v2/", "https://[fd00::1]/"],
    ["https://gcr.io/v2/", "file:///etc/passwd"],
    ["http://localhost/v2/", "http://gcr.io/blob"],
  ])("refuses that %s points to %s", (from, to) => {
    expect(() => checkHop(new URL(from), new URL(to))).toThrow(
      expect.objectContaining({ code: "BENTO_REFUSED" }),
    );
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])("is true for %s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["127.evil.example", "localhost.example", "10.0.0.1", "gcr.io"])(
    "is false for %s",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe("get", () => {
  const redirect = (location: string) => new Response(null, { status: 302, headers: { location } });

  it("gives up on a circle of redirects", async () => {
    const fetch = async () => redirect("https://a.example/v2/");
    await expect(get(new URL("https://a.example/v2/"), {}, { fetch })).rejects.toThrow(
      "too many redirects",
    );
  });

  it("sends credentials to the host that they are for, also after a hop within it", async () => {
    const sent: unknown[] = [];
    const answers = [redirect("/other"), redirect("https://b.example/x"), new Response("ok")];
    const fetch = async (url: string, init: RequestInit) => {
      sent.push([url, init.headers]);
      return answers.shift() ?? Response.error();
    };
    await get(new URL("https://a.example/v2/"), { accept: "*", authorization: "t" }, { fetch });
    expect(sent).toEqual([
      ["https://a.example/v2/", { accept: "*", authorization: "t" }],
      ["https://a.example/other", { accept: "*", authorization: "t" }],
      ["https://b.example/x", { accept: "*" }],
    ]);
  });
});

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
    ['bearer Realm="a\\"b"', { scheme: "bearer", parameters: { realm: 'a"b' } }],
  ])("reads %j", (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });
});
