import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { composeImage } from "../../oci/image.ts";
import type { LintInput } from "../../oci/lint.ts";
import { type LintPlatform, lintForPlatforms, PLATFORM_RULES } from "../../oci/lint-platforms.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import { OCI_LAYER_GZIP } from "../../oci/media-type.ts";

interface Variation {
  readonly platform?: ImagePlatform;
  readonly title?: string;
  readonly size?: number;
  readonly uncompressedBytes?: number;
  readonly home?: string;
}

function image(variation: Variation = {}): LintInput {
  const { platform = "linux/amd64", title = "app", size = 10, home = "/tmp" } = variation;
  const made = composeImage({
    platform,
    layers: [
      {
        title,
        descriptor: { mediaType: OCI_LAYER_GZIP, digest: digestOf(title), size },
        diffId: digestOf("unpacked"),
        uncompressedBytes: variation.uncompressedBytes ?? 20,
      },
    ],
    start: {
      entrypoint: ["/usr/local/bin/node"],
      workingDirectory: "/app",
      user: "65532:65532",
      env: { HOME: home },
      labels: {},
      ports: [],
    },
  });
  return { mediaType: made.descriptor.mediaType, ...made };
}

const breaches: readonly (readonly [string, LintPlatform, LintInput, string])[] = [
  [
    "lambda-unpacked-size",
    "aws-lambda",
    image({ uncompressedBytes: 11 * 1024 ** 3 }),
    "11.8 GB unpacked, more than 10.7 GB",
  ],
  ["lambda-no-gpu", "aws-lambda", image({ title: "cuda" }), "the image has CUDA's libraries"],
  ["lambda-home", "aws-lambda", image({ home: "/root" }), "HOME is /root"],
  [
    "cloud-run-architecture",
    "google-cloud-run",
    image({ platform: "linux/arm64" }),
    "the image is for linux/arm64",
  ],
  [
    "container-apps-architecture",
    "azure-container-apps",
    image({ platform: "linux/arm64" }),
    "the image is for linux/arm64",
  ],
  [
    "container-apps-download",
    "azure-container-apps",
    image({ size: 400_000_000 }),
    "400 MB to pull, more than 300 MB",
  ],
];

describe("lintForPlatforms", () => {
  it.each<ImagePlatform>(["linux/amd64", "linux/arm64"])(
    "finds nothing in an image for %s at the platforms that run it",
    (platform) => {
      expect(lintForPlatforms(image({ platform }))).toEqual([]);
    },
  );

  it.each(breaches)("finds %s at %s", (rule, platform, input, message) => {
    const { level } = PLATFORM_RULES[rule as keyof typeof PLATFORM_RULES];
    expect(lintForPlatforms(input, [platform])).toEqual([{ rule, platform, level, message }]);
  });

  it("has a case here for each rule", () => {
    expect(breaches.map(([rule]) => rule)).toEqual(Object.keys(PLATFORM_RULES));
  });

  it("asks no other platform than it is told", () => {
    expect(lintForPlatforms(image({ size: 400_000_000 }), ["aws-lambda"])).toEqual([]);
  });
});
