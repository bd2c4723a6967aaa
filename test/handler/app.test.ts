import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { service } from "../../core/index.ts";
import { testApp } from "../support/test-app.ts";
import { flower, iris } from "./sample-services.ts";

describe("createApp", () => {
  it("answers an api with the bare value, and fills in defaults", async () => {
    const { post } = testApp(iris);
    expect(await post("/area", { flower })).toEqual({ status: 200, body: 2 });
    expect(await post("/area", { flower, scale: 4 })).toEqual({ status: 200, body: 8 });
  });

  it("answers a batch api with one result for each row", async () => {
    const { post } = testApp(iris);
    const features = [flower, { petal_length: 1, petal_width: 0 }];
    expect(await post("/classify", { features })).toEqual({
      status: 200,
      body: ["virginica", "setosa"],
    });
  });

  it("takes a body without content type, with a charset, or of a JSON dialect", async () => {
    const { app } = testApp(iris);
    const body = new TextEncoder().encode(JSON.stringify({ flower }));
    const types = [{}, "application/json; charset=utf-8", "application/geo+json"];
    for (const type of types) {
      const headers = typeof type === "string" ? { "content-type": type } : type;
      const response = await app.hono.request("/area", { method: "POST", headers, body });
      expect([response.status, await response.json()]).toEqual([200, 2]);
    }
  });

  it("carries a codec both ways, also one of zod/mini", async () => {
    const toDate = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    });
    const { post } = testApp(
      service({
        name: "dates",
        apis: ({ api }) => ({
          later: api({
            input: { at: toDate, days: mini.number() },
            output: mini.object({ at: toDate }),
            run: ({ at, days }) => ({ at: new Date(at.getTime() + days * 86_400_000) }),
          }),
        }),
      }),
    );
    expect(await post("/later", { at: "2026-01-30T00:00:00.000Z", days: 2 })).toEqual({
      status: 200,
      body: { at: "2026-02-01T00:00:00.000Z" },
    });
    expect(await post("/later", { at: "2026-01-30T00:00:00.000Z", days: "2" })).toEqual({
      status: 400,
      body: {
        error: "invalid input: 1 problem",
        detail: [{ path: "days", message: "expected number, received string" }],
      },
    });
  });

  it("waits for schemas with asynchronous checks", async () => {
    const even = z.number().refine(async (value) => value % 2 === 0, "odd");
    const { post } = testApp(
      service({
        name: "even",
        apis: ({ api }) => ({ half: api({ input: { a: even }, output: even, run: ({ a }) => a }) }),
      }),
    );
    expect(await post("/half", { a: 4 })).toEqual({ status: 200, body: 4 });
    expect(await post("/half", { a: 3 })).toEqual({
      status: 400,
      body: { error: "invalid input: 1 problem", detail: [{ path: "a", message: "odd" }] },
    });
  });

  it("answers null where run gives nothing", async () => {
    const { post } = testApp(
      service({
        name: "quiet",
        apis: ({ api }) => ({ hush: api({ input: {}, output: z.void(), run: () => {} }) }),
      }),
    );
    expect(await post("/hush", {})).toEqual({ status: 200, body: null });
  });
});
