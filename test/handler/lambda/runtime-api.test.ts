import { describe, expect, it } from "vitest";
import { createRuntimeApi } from "../../../handler/lambda/runtime-api.ts";
import { runtimeApiServer } from "../../support/runtime-api-server.ts";

const QUICK = { tries: 2, firstMs: 1, mostMs: 1 };
const never = new AbortController().signal;

async function* broken() {
  yield Buffer.from("head");
  throw new Error("the model has gone");
}

describe("createRuntimeApi", () => {
  it("gives an invocation with what Lambda says of it", async () => {
    await using server = await runtimeApiServer();
    const api = createRuntimeApi({ host: server.host });
    const asked = api.next(never);
    await server.whenIdle(1);
    void server.invoke({ a: 1 }, { requestId: "r-1", deadlineAt: 123 });
    expect(await asked).toEqual({
      requestId: "r-1",
      deadlineAt: 123,
      traceId: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
      event: Buffer.from('{"a":1}'),
    });
    api.close();
  });

  it("stops asking when it is told to", async () => {
    await using server = await runtimeApiServer();
    const api = createRuntimeApi({ host: server.host });
    const stopping = new AbortController();
    const asked = api.next(stopping.signal);
    await server.whenIdle(1);
    stopping.abort();
    expect(await asked).toBeUndefined();
    expect(await api.next(stopping.signal)).toBeUndefined();
    api.close();
  });

  it("tells what a stream failed with behind what was sent of it", async () => {
    await using server = await runtimeApiServer();
    const api = createRuntimeApi({ host: server.host });
    const asked = api.next(never);
    await server.whenIdle(1);
    const invoked = server.invoke({}, { requestId: "r-1" });
    await asked;
    await api.respondInPieces("r-1", broken());
    const seen = await invoked;
    expect(seen).toMatchObject({ kind: "stream", body: Buffer.from("head") });
    const trailers = seen.kind === "stream" ? seen.trailers : {};
    expect(trailers["lambda-runtime-function-error-type"]).toBe("Function.StreamError");
    const told = Buffer.from(String(trailers["lambda-runtime-function-error-body"]), "base64");
    expect(JSON.parse(told.toString("utf8"))).toEqual({
      errorType: "Function.StreamError",
      errorMessage: "the model has gone",
      stackTrace: [],
    });
    api.close();
  });

  it("gives up when the API has gone", async () => {
    const server = await runtimeApiServer();
    await server[Symbol.asyncDispose]();
    const api = createRuntimeApi({ host: server.host, nextRetries: QUICK, answerRetries: QUICK });
    for (const asking of [api.next(never), api.respond("r-1", "1")]) {
      await expect(asking).rejects.toMatchObject({
        code: "BENTO_UNREACHABLE",
        where: server.host,
      });
    }
  });

  it("does not repeat an answer that the API refuses", async () => {
    await using server = await runtimeApiServer();
    const api = createRuntimeApi({ host: server.host });
    await expect(api.respond("unknown", "1")).rejects.toMatchObject({
      code: "BENTO_REFUSED",
      message: "the Runtime API answered 400",
    });
    api.close();
  });

  it("takes an invocation without a deadline", async () => {
    await using server = await runtimeApiServer();
    const api = createRuntimeApi({ host: server.host });
    const asked = api.next(never);
    await server.whenIdle(1);
    void server.invoke({}, { deadlineAt: Number.NaN });
    expect(await asked).toMatchObject({ deadlineAt: Number.POSITIVE_INFINITY });
    api.close();
  });
});
