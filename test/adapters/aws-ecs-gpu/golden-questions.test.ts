import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answering, goldenQuestions } from "../../../adapters/aws-ecs-gpu/golden-questions.ts";
import { tempDir } from "../../support/temp-dir.ts";

const READY = { method: "GET", path: "/readyz" };

describe("goldenQuestions", () => {
  it("are whether it is ready, then each line of each api", async () => {
    await using dir = await tempDir();
    await mkdir(join(dir.path, "golden"));
    const lines = [
      { input: { x: 1 }, output: 2 },
      { input: { x: 2 }, output: 4 },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("\n");
    await writeFile(join(dir.path, "golden", "double.jsonl"), text);
    await writeFile(join(dir.path, "golden", "add.jsonl"), '{"input":null,"output":0}');
    await writeFile(join(dir.path, "golden", "README.md"), "no line");
    expect(await goldenQuestions(dir.path)).toEqual([
      READY,
      { method: "POST", path: "/add", body: "null" },
      { method: "POST", path: "/double", body: '{"x":1}' },
      { method: "POST", path: "/double", body: '{"x":2}' },
    ]);
  });

  it("are one where there are no golden requests", async () => {
    await using dir = await tempDir();
    expect(await goldenQuestions(dir.path)).toEqual([READY]);
  });
});

describe("answering", () => {
  it("asks once, and gives each answer to its own question", async () => {
    let asked = 0;
    const question = { method: "POST", path: "/double", body: '{"x":1}' };
    const send = answering([READY, question], async () => {
      asked += 1;
      return [
        { bentoAnswer: 0, status: 200, serves: "stub:v1", body: "" },
        { bentoAnswer: 1, status: 422, serves: null, body: "2" },
      ];
    });
    const ready = await send("/readyz");
    expect([ready.status, ready.headers.get("x-bento"), await ready.text()]).toEqual([
      200,
      "stub:v1",
      "",
    ]);
    const answer = await send("/double", { method: "POST", body: '{"x":1}' });
    expect([answer.status, answer.headers.get("x-bento"), await answer.text()]).toEqual([
      422,
      null,
      "2",
    ]);
    await expect(send("/other")).rejects.toThrow("nobody has asked GET /other");
    expect(asked).toBe(1);
  });
});
