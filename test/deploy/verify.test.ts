import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyCandidate } from "../../deploy/verify.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A candidate that answers as told, and a bento with the golden lines. */
async function verify(
  lines: readonly object[],
  answer: (path: string, body: unknown) => Response | Promise<Response>,
): Promise<number> {
  await using directory = await tempDir();
  await mkdir(join(directory.path, "golden"));
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("\n");
  await writeFile(join(directory.path, "golden", "classify.jsonl"), text);
  return await verifyCandidate({
    candidate: {
      url: "http://there",
      send: async (path, init) =>
        await answer(path, typeof init?.body === "string" ? JSON.parse(init.body) : undefined),
    },
    directory: directory.path,
    tag: "iris:v1",
  });
}

const ready = (path: string) =>
  path === "/readyz" ? new Response("", { status: 200 }) : undefined;

describe("verifyCandidate", () => {
  it("sends each golden request as it stands and compares within its tolerance", async () => {
    const sent: unknown[] = [];
    const count = await verify(
      [
        { input: { features: [1] }, output: [0.5] },
        { input: { features: [2] }, output: [0.5], tolerance: 0.2 },
      ],
      (path, body) => {
        sent.push([path, body]);
        return ready(path) ?? Response.json([sent.length === 2 ? 0.500001 : 0.6]);
      },
    );
    expect(count).toBe(2);
    expect(sent).toEqual([
      ["/readyz", undefined],
      ["/classify", { features: [1] }],
      ["/classify", { features: [2] }],
    ]);
  });

  it("says nothing of a version that the service does not tell", async () => {
    expect(await verify([], () => new Response(""))).toBe(0);
  });

  it.each<[string, (path: string) => Response, string]>([
    [
      "is not ready",
      () => Response.json({ error: "draining" }, { status: 503 }),
      'GET /readyz: 503 {"error":"draining"}',
    ],
    [
      "serves another version",
      () => new Response("", { headers: { "x-bento": "iris:v0" } }),
      "it serves iris:v0 instead of iris:v1",
    ],
    [
      "refuses the input",
      (path) => ready(path) ?? Response.json({ error: "no\n  api" }, { status: 404 }),
      'golden/classify.jsonl:1: 404 {"error":"no\\n api"}',
    ],
    [
      "answers no JSON",
      (path) => ready(path) ?? new Response("<html>"),
      "golden/classify.jsonl:1: not JSON: <html>",
    ],
    [
      "answers something else",
      (path) => ready(path) ?? Response.json(["virginica"]),
      'golden/classify.jsonl:1: $[0]: expected "setosa", got "virginica"',
    ],
    [
      "does not answer",
      (path) => {
        const answer = ready(path);
        if (answer === undefined) {
          throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
        }
        return answer;
      },
      "golden/classify.jsonl:1: no answer: connect ECONNREFUSED",
    ],
  ])("fails with a service that %s", async (_what, answer, message) => {
    await expect(verify([{ input: {}, output: ["setosa"] }], answer)).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      message,
      where: "http://there",
      hint: "repair the service or its golden requests, build and deploy again",
    });
  });

  it("tells of the first five problems and how many more there are", async () => {
    const lines = Array.from({ length: 7 }, () => ({ input: 1, output: 1 }));
    await expect(verify(lines, (path) => ready(path) ?? Response.json(2))).rejects.toMatchObject({
      message: [1, 3, 5, 7, 9]
        .map((line) => `golden/classify.jsonl:${line}: $: expected 1, got 2`)
        .concat("and 2 more")
        .join("\n"),
    });
  });
});
