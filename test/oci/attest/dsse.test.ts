import { describe, expect, it } from "vitest";
import { preAuthEncoding } from "../../../oci/attest/dsse.ts";

describe("preAuthEncoding", () => {
  it("is that of the specification's example", () => {
    expect(
      preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world")).toString(),
    ).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts bytes, not characters", () => {
    expect(preAuthEncoding("é", Buffer.from("ü")).toString()).toBe("DSSEv1 2 é 2 ü");
  });
});
