import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answerQuestions } from "../../handler/answer-questions.ts";

function packed(value: unknown): string {
  return gzipSync(JSON.stringify(value)).toString("base64");
}

async function serving() {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.setHeader("x-bento", "iris:v1");
    response.statusCode = request.url === "/readyz" ? 200 : 422;
    response.end(`${request.method} ${request.url} ${body}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe("answerQuestions", () => {
  it("prints a line for each question, in their order, whatever the status", async () => {
    await using server = await serving();
    const lines: string[] = [];
    const questions = [
      { method: "GET", path: "/readyz" },
      { method: "POST", path: "/classify", body: '{"x":1}' },
    ];
    await answerQuestions(packed(questions), server.url, (line) => lines.push(line));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { bentoAnswer: 0, status: 200, serves: "iris:v1", body: "GET /readyz " },
      { bentoAnswer: 1, status: 422, serves: "iris:v1", body: 'POST /classify {"x":1}' },
    ]);
  });

  it.each(["", "no base64", packed({}), packed([{ path: "/x" }]), packed([1])])(
    "refuses %j",
    async (text) => {
      await expect(answerQuestions(text, "http://127.0.0.1:1", () => {})).rejects.toMatchObject({
        code: "BENTO_INVALID_INPUT",
        message: "BENTO_QUESTIONS holds no questions",
      });
    },
  );
});
