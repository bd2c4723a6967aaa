import { describe, expect, it } from "vitest";
import type { Answer, Outgoing } from "../../../oci/registry/exchange.ts";
import { createTransport } from "../../../oci/registry/transport.ts";

const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: (async function* () {})(),
  discard() {},
});
const redirect = (location: string, status = 302) => answer(status, { location });

/** A transport over prepared answers, and what was sent through it. */
function prepared(...answers: readonly Answer[]) {
  const sent: unknown[] = [];
  const waiting = [...answers];
  const exchange = async ({ method, url, headers }: Outgoing) => {
    sent.push([method, url.href, headers]);
    return waiting.shift() ?? redirect("https://a.example/v2/");
  };
  return { sent, transport: createTransport({ exchange }) };
}

const url = new URL("https://a.example/v2/");

describe("createTransport", () => {
  it("gives up on a circle of redirects", async () => {
    const { transport } = prepared();
    await expect(transport.send({ method: "GET", url, headers: {} })).rejects.toThrow(
      "too many redirects",
    );
  });

  it("sends credentials to the host that they are for, also after a hop within it", async () => {
    const { transport, sent } = prepared(
      redirect("/other"),
      redirect("https://b.example/x"),
      answer(200),
    );
    const headers = { accept: "*", authorization: "t" };
    const reply = await transport.send({ method: "GET", url, headers });
    expect(sent).toEqual([
      ["GET", "https://a.example/v2/", { accept: "*", authorization: "t" }],
      ["GET", "https://a.example/other", { accept: "*", authorization: "t" }],
      ["GET", "https://b.example/x", { accept: "*" }],
    ]);
    expect(reply.url.href).toBe("https://b.example/x");
  });

  it("sends an upload on where its method stays, and nowhere else", async () => {
    const { transport, sent } = prepared(redirect("/other", 307), redirect("/third", 302));
    const reply = await transport.send({ method: "PUT", url, headers: {} });
    expect([reply.status, sent.length]).toEqual([302, 2]);
  });

  it("tells a secret in a body to no other origin", async () => {
    const secret = { method: "POST", url, headers: {}, isBodySecret: true } as const;
    const within = prepared(redirect("/other", 307), answer(200));
    expect((await within.transport.send(secret)).status).toBe(200);
    const { transport, sent } = prepared(redirect("https://b.example/x", 307));
    await expect(transport.send(secret)).rejects.toThrow(
      "a.example sends an account on to b.example",
    );
    expect(sent.length).toBe(1);
  });

  it.each(["http://a.example/x", "https://127.0.0.1/x"])("is not sent to %s", async (location) => {
    const { transport } = prepared(redirect(location));
    await expect(transport.send({ method: "GET", url, headers: {} })).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_REFUSED" }),
    );
  });
});
