import type { InvokeCommandInput } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import type { AwsSession } from "../../../adapters/aws/session.ts";
import { invokeOverHttp } from "../../../adapters/aws-lambda/invoke.ts";
import { readHttpEvent } from "../../../handler/lambda/http-event.ts";

interface Scripted {
  readonly payload: unknown;
  readonly error?: string;
  readonly log?: string;
}

/** A session whose Invoke gives this answer and keeps what it was asked. */
function scripted({ payload, error, log }: Scripted) {
  const asked: InvokeCommandInput[] = [];
  const session = {
    platform: "aws-lambda",
    region: "eu-west-1",
    account: "123456789012",
    partition: "aws",
    lambda: async () => ({
      async invoke(input: InvokeCommandInput) {
        asked.push(input);
        const text = typeof payload === "string" ? payload : JSON.stringify(payload);
        return {
          Payload: Buffer.from(text),
          ...(error === undefined ? {} : { FunctionError: error }),
          ...(log === undefined ? {} : { LogResult: Buffer.from(log).toString("base64") }),
        };
      },
    }),
  } as unknown as AwsSession;
  return {
    asked,
    send: (path: string, init?: RequestInit) =>
      invokeOverHttp(session, { functionName: "iris", version: "3" }, { path, init }),
  };
}

describe("invokeOverHttp", () => {
  it("sends what the handler reads as the same request", async () => {
    const { asked, send } = scripted({ payload: { statusCode: 200 } });
    await send("/classify?a=1&b=%20", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"x":"é"}',
    });
    const [{ Qualifier, FunctionName, LogType, Payload } = {}] = asked;
    expect({ Qualifier, FunctionName, LogType }).toEqual({
      Qualifier: "3",
      FunctionName: "iris",
      LogType: "Tail",
    });
    const event = readHttpEvent(JSON.parse(Buffer.from(Payload as Uint8Array).toString()));
    expect({ ...event, body: Buffer.from(event?.body ?? []).toString() }).toMatchObject({
      form: "url",
      method: "POST",
      url: expect.stringMatching(/\/classify\?a=1&b=%20$/),
      headers: { "content-type": "application/json" },
      body: '{"x":"é"}',
    });
  });

  it("gives back status, headers, cookies and bytes", async () => {
    const { send } = scripted({
      payload: {
        statusCode: 503,
        headers: { "retry-after": 2 },
        cookies: ["a=1", "b=2"],
        body: Buffer.from([0, 255, 7]).toString("base64"),
        isBase64Encoded: true,
      },
    });
    const response = await send("/readyz");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 7]);
  });

  it("takes an answer without a body", async () => {
    const response = await scripted({ payload: { statusCode: 204 } }).send("/readyz");
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });

  it("tells the function's error with its last lines of log", async () => {
    const { send } = scripted({
      payload: { errorType: "Runtime.ExitError", errorMessage: "exit status 3" },
      error: "Unhandled",
      log: "START RequestId: 1 Version: 3\nError: the model file is not there\nEND RequestId: 1\nREPORT RequestId: 1\n",
    });
    await expect(send("/readyz")).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      message: "Runtime.ExitError: exit status 3\n  Error: the model file is not there",
      where: "arn:aws:lambda:eu-west-1:123456789012:function:iris:3",
    });
  });

  it.each([
    ["nothing", "", "no HTTP answer: (empty)"],
    ["no JSON", "<html>", "no HTTP answer: <html>"],
    ["another object", { ok: true }, 'no HTTP answer: {"ok":true}'],
    ["a status that is none", { statusCode: "fine" }, 'no HTTP answer: {"statusCode":"fine"}'],
  ])("refuses %s for an answer", async (_what, payload, message) => {
    await expect(scripted({ payload }).send("/readyz")).rejects.toMatchObject({ message });
  });
});
