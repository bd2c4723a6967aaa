import { describe, expect, it } from "vitest";
import * as z from "zod";
import { service } from "../../core/index.ts";
import { testApp } from "../support/test-app.ts";
import { fail, iris } from "./sample-services.ts";

describe("createApp, beside the apis", () => {
  const get = async (path: string, app = testApp(iris).app) => {
    const response = await app.hono.request(path);
    return { status: response.status, body: await response.json() };
  };

  it("is alive and ready, until it drains", async () => {
    const { app } = testApp(iris);
    const ready = { status: 200, body: { status: "ready" } };
    expect(await get("/livez", app)).toEqual({ status: 200, body: { status: "alive" } });
    expect([await get("/readyz", app), await get("/healthz", app)]).toEqual([ready, ready]);
    await app.lifecycle.drain();
    const draining = { status: 503, body: { error: "draining" } };
    expect(await get("/livez", app)).toEqual({ status: 200, body: { status: "alive" } });
    expect([await get("/readyz", app), await get("/healthz", app)]).toEqual([draining, draining]);
  });

  it.each([
    ["says no", () => false, "not ready yet"],
    ["throws", fail(new Error("database down")), "not ready yet"],
  ])("is not ready while the service's own isReady %s", async (_, isReady, error) => {
    const { app } = testApp(
      service({
        name: "unready",
        isReady,
        apis: ({ api }) => ({ go: api({ input: {}, output: z.any(), run: () => 1 }) }),
      }),
    );
    expect(await get("/readyz", app)).toEqual({ status: 503, body: { error } });
  });

  it("answers HEAD as GET, without the body", async () => {
    const response = await testApp(iris).app.hono.request("/readyz", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("shows its documents", async () => {
    const docs = await get("/docs.json");
    expect(docs).toMatchObject({ status: 200, body: { info: { title: "iris", version: "v1" } } });
    expect(await get("/schema.json")).toMatchObject({ status: 200, body: { type: "service" } });
  });

  it("has a page for people that needs nothing from elsewhere", async () => {
    const response = await testApp(
      service({
        name: "page",
        description: "<b>bold</b> & more",
        apis: ({ api }) => ({ go: api({ input: {}, output: z.any(), run: () => 1 }) }),
      }),
    ).app.hono.request("/");
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toContain("<code>POST /go</code>");
    expect(page).toContain('<a href="docs.json">');
    expect(page).toContain("&lt;b&gt;bold&lt;/b&gt; &amp; more");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it.each([
    ["a sane id", "abc-123:DEF/4", "abc-123:DEF/4"],
    ["none", undefined, "request-1"],
    ["one with a space", "a b", "request-1"],
    ["one that is too long", "x".repeat(129), "request-1"],
    ["an empty one", "", "request-1"],
  ])("keeps or makes the request id: %s", async (_, given, expected) => {
    const headers = given === undefined ? {} : { "x-request-id": given };
    const response = await testApp(iris).app.hono.request("/livez", { headers });
    expect(response.headers.get("x-request-id")).toBe(expected);
  });

  it("names its versions in every answer, unless told not to", async () => {
    for (const path of ["/livez", "/nowhere", "/docs.json"]) {
      const { headers } = await testApp(iris).app.hono.request(path);
      expect([headers.get("x-bento"), headers.get("x-bento-models")]).toEqual([
        "test:v1",
        "iris=iris:v2",
      ]);
    }
    const quiet = await testApp(iris, { versionHeaders: false }).app.hono.request("/livez");
    expect([...quiet.headers.keys()]).toEqual(["content-type", "x-request-id"]);
  });
});
