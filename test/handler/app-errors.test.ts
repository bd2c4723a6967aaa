import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ApiError, BentoError } from "../../core/index.ts";
import { testApp } from "../support/test-app.ts";
import { fail, serviceThat } from "./sample-services.ts";

describe("createApp, on errors of run", () => {
  it.each<[string, unknown, number, unknown]>([
    [
      "an ApiError",
      new ApiError(422, "too small", { least: 3 }),
      422,
      { error: "too small", detail: { least: 3 } },
    ],
    [
      "an ApiError whose detail JSON cannot hold",
      new ApiError(422, "too small", { least: 3n }),
      422,
      { error: "too small" },
    ],
    ["an ApiError of 500", new ApiError(500, "model on fire"), 500, { error: "model on fire" }],
    ["any other error", new Error("secret"), 500, { error: "internal error" }],
    ["what is no error", "secret", 500, { error: "internal error" }],
    [
      "our own errors",
      new BentoError("BENTO_IO", "disk /secret"),
      500,
      { error: "internal error" },
    ],
    [
      "inputs that the service's own code made wrong",
      new BentoError("BENTO_INVALID_INPUT", "expected 6 elements, got 5"),
      500,
      { error: "internal error" },
    ],
  ])("answers %s", async (_, error, status, body) => {
    expect(await testApp(serviceThat(fail(error))).post("/go", {})).toEqual({ status, body });
  });

  it("logs what it does not tell", async () => {
    const error = new Error("secret");
    const { post, log } = testApp(serviceThat(fail(error)));
    await post("/go", {});
    expect(log.lines).toEqual([
      {
        level: "error",
        fields: { requestId: "request-1", path: "/go", err: error },
        message: "request failed",
      },
      {
        level: "info",
        fields: { requestId: "request-1", method: "POST", path: "/go", status: 500, durationMs: 0 },
        message: "request",
      },
    ]);
  });

  it("logs a wrong input that the service's own code made, as an error of the service", async () => {
    const cause = new BentoError("BENTO_INVALID_INPUT", "expected 6 elements, got 5");
    const { post, log } = testApp(serviceThat(fail(cause)));
    await post("/go", {});
    expect(log.lines[0]).toMatchObject({ level: "error", message: "request failed" });
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      code: "BENTO_INVALID_SERVICE",
      message: "run failed: expected 6 elements, got 5",
      where: "apis.go",
      cause,
    });
  });

  it("does not log a caller's own mistakes as failures", async () => {
    const { post, log } = testApp(serviceThat(fail(new ApiError(404, "no such flower"))));
    await post("/go", {});
    expect(log.lines.map((line) => line.level)).toEqual(["info"]);
  });

  it("answers a wrong output with 500, and logs where it is wrong", async () => {
    const output = z.object({ scores: z.array(z.number()) });
    const { post, log } = testApp(serviceThat(() => ({ scores: [1, Number.NaN] }), output));
    expect(await post("/go", {})).toEqual({ status: 500, body: { error: "internal error" } });
    expect(log.lines[0]?.fields["err"]).toMatchObject({
      code: "BENTO_INVALID_SERVICE",
      message: "run gave a wrong output\nscores[1]: expected number, received NaN",
      where: "apis.go.output",
    });
  });

  it("tells nothing of what it was sent to the log", async () => {
    const { post, log } = testApp(serviceThat(() => "hunter2", z.number()));
    await post("/go?password=hunter2", {});
    expect(JSON.stringify(log.lines.map((line) => [line, String(line.fields["err"])]))).not.toMatch(
      /hunter2/,
    );
  });
});
