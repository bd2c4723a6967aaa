import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it, vi } from "vitest";
import { io, service, tensor } from "../../core/index.ts";
import type { OpenapiDocument } from "../../core/openapi.ts";
import type { OpenapiOperation } from "../../core/openapi-parts.ts";
import { testApp } from "../support/test-app.ts";

/** Doubles; fails on 1, never ends on 2. */
const doubling = service({
  name: "doubling",
  traffic: { maxConcurrency: 1, timeoutMs: 1000 },
  apis: ({ api }) => ({
    double: api({
      input: { x: io.tensor("float32", ["n"]) },
      output: io.tensor("float32", ["n"]),
      async run({ x }) {
        if (x.data[0] === 1) {
          throw new Error("one");
        }
        await (x.data[0] === 2 ? new Promise(() => {}) : undefined);
        return tensor("float32", x.dims, x.data.map((value) => 2 * value) as Float32Array);
      },
    }),
  }),
});

async function documentOf({ app }: ReturnType<typeof testApp>): Promise<OpenapiDocument> {
  return (await (await app.hono.request("/docs.json")).json()) as OpenapiDocument;
}

const typeOf = (response: Response) => response.headers.get("content-type") ?? "";

/** The media types that an operation declares for a status, without their parameters. */
function declared(operation: OpenapiOperation | undefined, status: number): string[] | undefined {
  const response = operation?.responses[String(status)];
  return response && Object.keys(response.content ?? {}).map((type) => type.split(";")[0] ?? "");
}

const bodies: Readonly<Record<string, (x: number) => unknown>> = {
  "/double": (x) => ({ x: [x] }),
  "/v2/models/double/infer": (x) => ({
    inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [x] }],
  }),
};

describe("GET /docs.json", () => {
  it("is an OpenAPI 3.1 document", async () => {
    const response = await testApp(doubling).app.hono.request("/docs.json");
    const { errors, valid } = await new Validator().validate(
      (await response.json()) as Record<string, unknown>,
    );
    expect({ errors, valid }).toEqual({ errors: undefined, valid: true });
  });

  it("lists what each path for reading answers, ready and draining", async () => {
    const tested = testApp(doubling);
    const { paths } = await documentOf(tested);
    const reads = Object.entries(paths).filter(([, path]) => path["get"] !== undefined);
    expect(reads.map(([path]) => path)).toEqual([
      ...["/livez", "/readyz", "/healthz", "/metrics", "/docs.json", "/schema.json", "/"],
      ...["/v2", "/v2/health/live", "/v2/health/ready"],
      ...["/v2/models/double", "/v2/models/double/ready"],
      ...["/v2/models/double/versions/v1", "/v2/models/double/versions/v1/ready"],
    ]);
    const seen = new Set<number>();
    const look = async () => {
      for (const [path, { get }] of reads) {
        const response = await tested.app.hono.request(path);
        seen.add(response.status);
        expect([path, declared(get, response.status)]).toEqual([
          path,
          [typeOf(response).split(";")[0]],
        ]);
        expect(response.headers.has("x-request-id")).toBe(true);
      }
    };
    await look();
    await tested.app.lifecycle.drain();
    await look();
    expect([...seen]).toEqual([200, 503]);
  });

  it.each(Object.keys(bodies))("lists what %s answers", async (path) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const tested = testApp(doubling, { maxBodyBytes: 200 });
      const operation = (await documentOf(tested)).paths[path]?.["post"];
      const send = async (body: unknown, headers: Record<string, string> = {}) => {
        const response = await tested.app.hono.request(path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        });
        const type = typeOf(response).split(";")[0];
        expect(declared(operation, response.status)).toContain(type);
        const waits = response.headers.has("retry-after");
        const listed = operation?.responses[String(response.status)]?.headers ?? {};
        expect(waits).toBe("Retry-After" in listed);
        return response.status;
      };
      const of = bodies[path] ?? (() => ({}));
      expect(await send(of(3))).toBe(200);
      expect(await send("{")).toBe(400);
      expect(await send(" ".repeat(201))).toBe(413);
      expect(await send(of(3), { "content-encoding": "gzip" })).toBe(415);
      expect(await send(of(1))).toBe(500);
      const slow = send(of(2));
      await vi.waitFor(() => expect(tested.app.lifecycle.inFlight).toBe(1));
      expect(await send(of(3))).toBe(429);
      await vi.advanceTimersByTimeAsync(1001);
      expect(await slow).toBe(504);
      await tested.app.lifecycle.drain();
      expect(await send(of(3))).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });
});
