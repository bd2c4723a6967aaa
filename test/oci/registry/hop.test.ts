import { describe, expect, it } from "vitest";
import { checkHop, isLoopback } from "../../../oci/registry/hop.ts";

describe("checkHop", () => {
  it.each([
    ["https://gcr.io/v2/", "https://storage.googleapis.com/blob"],
    ["http://127.0.0.1:5000/v2/", "http://localhost:5001/blob"],
    ["https://10.0.0.1/v2/", "https://10.0.0.2/blob"],
    ["http://localhost:5000/v2/", "https://cdn.example/blob"],
  ])("lets %s point to %s", (from, to) => {
    expect(() => checkHop(new URL(from), new URL(to))).not.toThrow();
  });

  it.each([
    ["https://gcr.io/v2/", "http://gcr.io/blob"],
    ["https://gcr.io/v2/", "http://127.0.0.1/blob"],
    ["https://gcr.io/v2/", "https://127.0.0.1/blob"],
    ["https://gcr.io/v2/", "https://169.254.169.254/latest/meta-data"],
    ["https://gcr.io/v2/", "https://192.168.1.1/"],
    ["https://gcr.io/v2/", "https://172.16.0.1/"],
    ["https://gcr.io/v2/", "https://[::1]/"],
    ["https://gcr.io/v2/", "https://[fd00::1]/"],
    ["https://gcr.io/v2/", "file:///etc/passwd"],
    ["http://localhost/v2/", "http://gcr.io/blob"],
  ])("refuses that %s points to %s", (from, to) => {
    expect(() => checkHop(new URL(from), new URL(to))).toThrow(
      expect.objectContaining({ code: "BENTO_REFUSED" }),
    );
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])("is true for %s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["127.evil.example", "localhost.example", "10.0.0.1", "gcr.io"])(
    "is false for %s",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
