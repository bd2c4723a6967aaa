import { performance } from "node:perf_hooks";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { model, service } from "../../core/index.ts";
import { tensor } from "../../core/tensor.ts";
import { fakeRunner } from "../support/fake-runner.ts";
import { parsePrometheus } from "../support/parse-prometheus.ts";
import { testApp } from "../support/test-app.ts";

/** A batch api whose run fails for the whole batch when one of its rows is `poison`. */
function poisonable(options: { readonly retry?: boolean } = {}) {
  const runs: number[] = [];
  const gate = Promise.withResolvers<void>();
  const square = service({
    name: "square",
    apis: ({ batch }) => ({
      square: batch({
        parameter: "rows",
        row: z.number(),
        result: z.number(),
        maxBatchSize: 32,
        ...options,
        async run(rows) {
          runs.push(rows.length);
          await gate.promise;
          if (rows.includes(13)) {
            throw new Error("bad luck");
          }
          return rows.map((row) => row * row);
        },
      }),
    }),
  });
  return { runs, gate, ...testApp(square) };
}

async function sendAll(world: ReturnType<typeof poisonable>) {
  const first = world.post("/square", { rows: [100] });
  await vi.waitFor(() => expect(world.runs).toEqual([1]));
  // all wait behind the first, so that they share one batch
  const rest = Array.from({ length: 32 }, (_, row) => world.post("/square", { rows: [row] }));
  await new Promise((resolve) => setImmediate(resolve));
  world.gate.resolve();
  return { first: await first, rest: await Promise.all(rest) };
}

describe("one poison row among 31 good ones", () => {
  it("fails alone: 31 answers and one error", async () => {
    const world = poisonable();
    const { rest } = await sendAll(world);
    expect(rest).toEqual(
      Array.from({ length: 32 }, (_, row) =>
        row === 13
          ? { status: 500, body: { error: "internal error" } }
          : { status: 200, body: [row * row] },
      ),
    );
    const text = await (await world.app.hono.request("/metrics")).text();
    const bisected = parsePrometheus(text).get("bentoml_runner_bisected_total")?.samples;
    expect(bisected?.map(({ labels, value }) => [labels["runner_name"], value > 0])).toEqual([
      ["square", true],
    ]);
  });

  it("fails all of its batch, run once, when run must not be repeated", async () => {
    const world = poisonable({ retry: false });
    const { first, rest } = await sendAll(world);
    expect([first.status, rest.map(({ status }) => status), world.runs]).toEqual([
      200,
      Array.from({ length: 32 }, () => 500),
      [1, 32],
    ]);
  });
});

describe("a model that fails every time", () => {
  it("fails fast, makes the server unready by name, and recovers without a restart", async () => {
    let laterMs = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + laterMs);
    try {
      let isBroken = true;
      const runner = fakeRunner({
        run({ X }) {
          if (isBroken) {
            throw new Error("out of memory");
          }
          return { Y: X ?? tensor("float32", [0, 2], []) };
        },
      });
      const one = service({
        name: "one",
        models: { iris: model("iris:v1") },
        apis: ({ api }) => ({
          go: api({
            input: {},
            output: z.number(),
            async run(_, { models }) {
              const { Y } = await models.iris.run({ X: tensor("float32", [1, 2], [1, 2]) });
              return Y?.dims[0] ?? 0;
            },
          }),
        }),
      });
      const { app, post } = testApp(one, { runners: { iris: runner } });
      const ready = async () => {
        const response = await app.hono.request("/readyz");
        return [response.status, await response.json()];
      };
      expect(await ready()).toEqual([200, { status: "ready" }]);
      for (let call = 0; call < 25; call += 1) {
        expect((await post("/go", {})).status).toBe(500);
      }
      expect(await ready()).toEqual([503, { error: "model iris fails every time" }]);
      const runs = runner.runs.length;
      expect((await post("/go", {})).status).toBe(500);
      expect(runner.runs.length).toBe(runs); // not asked again
      isBroken = false;
      laterMs = 1100;
      expect(await post("/go", {})).toEqual({ status: 200, body: 1 });
      expect(await ready()).toEqual([200, { status: "ready" }]);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
