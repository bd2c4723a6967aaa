import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createClient } from "../../client/index.ts";
import { service } from "../../core/index.ts";

const sums = service({
  name: "sums",
  apis: ({ api }) => ({ add: api({ input: {}, output: z.number(), run: () => 1 }) }),
});

/** A client whose service gives these answers in turn, the last one from then on. */
function connect(answers: readonly (() => Response)[], options = {}) {
  const bodies: string[] = [];
  const client = createClient<typeof sums>("http://localhost/", {
    fetch: async (request) => {
      bodies.push(await request.text());
      return (answers[bodies.length - 1] ?? answers.at(-1))?.() ?? Response.error();
    },
    ...options,
  });
  return { client, bodies };
}

const refused =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: "busy" }, { status, headers });
const done = () => Response.json(7);

describe("createClient, with retries", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("sends a refused request again after as long as the answer says", async () => {
    const { client, bodies } = connect(
      [refused(503, { "retry-after-ms": "250" }), refused(429, { "retry-after": "2" }), done],
      { retries: 2 },
    );
    const answer = client.add({});
    await vi.advanceTimersByTimeAsync(249);
    expect(bodies).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(bodies).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1999);
    expect(bodies).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe(7);
    expect(bodies).toEqual(["{}", "{}", "{}"]);
  });

  it("waits a second where the answer does not say", async () => {
    const { client, bodies } = connect([refused(503), done], { retries: 1 });
    const answer = client.add({});
    await vi.advanceTimersByTimeAsync(999);
    expect(bodies).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe(7);
  });

  it.each([
    ["without retries", [refused(503)], {}, 503],
    ["once they are spent", [refused(503), refused(429)], { retries: 1 }, 429],
    ["of another kind", [refused(500)], { retries: 3 }, 500],
    [
      "that lasts longer than the call may take",
      [refused(503, { "retry-after": "60" })],
      { retries: 3, timeoutMs: 5000 },
      503,
    ],
  ])("throws a refusal %s", async (_, answers, options, status) => {
    const { client, bodies } = connect(answers, options);
    const told = client.add({}).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await told).toMatchObject({ status, error: "busy" });
    expect(bodies).toHaveLength(answers.length);
  });

  it("ends when the signal does, also while it waits", async () => {
    const { client, bodies } = connect([refused(503)], { retries: 1 });
    const controller = new AbortController();
    const told = client.add({}, { signal: controller.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    controller.abort(new Error("enough"));
    expect(await told).toEqual(new Error("enough"));
    await vi.advanceTimersByTimeAsync(5000);
    expect([bodies.length, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
