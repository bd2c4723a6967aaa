import { describe, expect, it } from "vitest";
import { formatPackageUrl, imageUrl, npmPackageUrl } from "../../../oci/attest/package-url.ts";

describe("formatPackageUrl", () => {
  it.each([
    [{ type: "generic", name: "node", version: "24.1.0" }, "pkg:generic/node@24.1.0"],
    [
      {
        type: "deb",
        namespace: "debian",
        name: "libstdc++6",
        version: "12.2.0-14+deb12u1",
        qualifiers: { distro: "debian-12", arch: "amd64" },
      },
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12",
    ],
    [{ type: "oci", name: "iris", version: "sha256:ab" }, "pkg:oci/iris@sha256%3Aab"],
    [{ type: "generic", name: "x" }, "pkg:generic/x"],
  ])("writes %j", (url, text) => {
    expect(formatPackageUrl(url)).toBe(text);
  });
});

describe("npmPackageUrl", () => {
  it("puts a scope before the name", () => {
    expect(npmPackageUrl("@hono/node-server", "2.1.8")).toBe("pkg:npm/%40hono/node-server@2.1.8");
    expect(npmPackageUrl("zod", "4.0.0")).toBe("pkg:npm/zod@4.0.0");
  });
});

describe("imageUrl", () => {
  const digest = "sha256:ab";
  it.each([
    ["iris", "pkg:oci/iris@sha256%3Aab"],
    ["oci:base", "pkg:oci/base@sha256%3Aab"],
    [
      "gcr.io/distroless/nodejs24-debian12:nonroot@sha256:cd",
      "pkg:oci/nodejs24-debian12@sha256%3Aab?repository_url=gcr.io%2Fdistroless%2Fnodejs24-debian12",
    ],
    ["localhost:5000/Base:v1", "pkg:oci/base@sha256%3Aab?repository_url=localhost%3A5000%2FBase"],
  ])("names %s by its last part, and where it is", (name, text) => {
    expect(imageUrl({ name, digest })).toBe(text);
  });
});
