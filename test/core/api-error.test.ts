import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/api-error.ts";
import { BentoError } from "../../core/bento-error.ts";

describe("ApiError", () => {
  it("carries status, message and detail", () => {
    const { name, status, message, detail } = new ApiError(422, "too small", { leastCm: 1 });
    expect({ name, status, message, detail }).toEqual({
      name: "ApiError",
      status: 422,
      message: "too small",
      detail: { leastCm: 1 },
    });
  });

  it.each([400, 499, 500, 599])("takes status %d", (status) => {
    expect(new ApiError(status, "no").status).toBe(status);
  });

  it.each([200, 399, 600, 422.5, Number.NaN, "422"])("rejects status %j", (status) => {
    expect(() => new ApiError(status as number, "no")).toThrow(
      new RangeError(`expected an HTTP error status from 400 to 599, got ${status}`),
    );
  });
});

describe("ApiError.isInstance", () => {
  it("knows an error from another copy of the module", async () => {
    const copy: typeof import("../../core/api-error.ts") = await import(
      // @ts-expect-error a query makes it another module
      "../../core/api-error.ts?copy"
    );
    expect(ApiError.isInstance(new copy.ApiError(422, "no"))).toBe(true);
  });

  it.each([new Error("no"), new BentoError("BENTO_BUG", "no"), { status: 422 }, null, undefined])(
    "says no to %s",
    (value) => {
      expect(ApiError.isInstance(value)).toBe(false);
    },
  );
});
