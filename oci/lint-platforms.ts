/**
 * What one platform refuses, or does badly, though others take it: beside the rules of `lintImage`, which all share. Each
 * rule has an id that is never reused.
 *
 * @module
 */
import { formatBytes } from "../core/units.ts";
import { layerInfo } from "./inspect-image.ts";
import type { LintInput } from "./lint.ts";

/** Platforms with rules of their own, as `--platform` of a deploy names them. */
export const LINT_PLATFORMS = ["aws-lambda", "google-cloud-run", "azure-container-apps"] as const;
export type LintPlatform = (typeof LINT_PLATFORMS)[number];

interface PlatformRule {
  readonly platform: LintPlatform;
  /** A warning does not keep the image from running there. */
  readonly level: "error" | "warning";
  readonly why: string;
  /** What is wrong, with the value. */
  readonly find: (input: LintInput) => readonly string[];
}

/** Lambda unpacks an image to at most 10 GB (docs.aws.amazon.com, quotas of Lambda, read 2026-11). */
const LAMBDA_UNPACKED_BYTES = 10 * 1024 ** 3;
/** Container Apps pulls an image whole before it starts: beyond this the wait is felt. */
const QUICK_DOWNLOAD_BYTES = 300_000_000;

export const PLATFORM_RULES = {
  "lambda-unpacked-size": {
    platform: "aws-lambda",
    level: "error",
    why: "Lambda takes images of at most 10 GB, unpacked",
    find: (input) => tooMuch(unpackedBytes(input), LAMBDA_UNPACKED_BYTES, "unpacked"),
  },
  "lambda-no-gpu": {
    platform: "aws-lambda",
    level: "error",
    why: "Lambda has no GPUs",
    find: (input) =>
      input.manifest.layers.some((layer) => layerInfo(layer).title === "cuda")
        ? ["the image has CUDA's libraries"]
        : [],
  },
  "lambda-home": {
    platform: "aws-lambda",
    level: "warning",
    why: "on Lambda only /tmp may be written",
    find: (input) => homeProblem(input),
  },
  "cloud-run-architecture": {
    platform: "google-cloud-run",
    level: "error",
    why: "Cloud Run runs linux/amd64 alone",
    find: (input) => notAmd64(input),
  },
  "container-apps-architecture": {
    platform: "azure-container-apps",
    level: "error",
    why: "Container Apps runs linux/amd64 alone",
    find: (input) => notAmd64(input),
  },
  "container-apps-download": {
    platform: "azure-container-apps",
    level: "warning",
    why: "Container Apps pulls the whole image before it starts: a big model is better mounted from storage",
    find: ({ manifest }) => {
      const bytes = manifest.layers.reduce((total, layer) => total + layer.size, 0);
      return tooMuch(bytes, QUICK_DOWNLOAD_BYTES, "to pull");
    },
  },
} as const satisfies Record<string, PlatformRule>;

type PlatformRuleId = keyof typeof PLATFORM_RULES;

export interface PlatformFinding {
  readonly rule: PlatformRuleId;
  readonly platform: LintPlatform;
  readonly level: PlatformRule["level"];
  readonly message: string;
}

/**
 * Every breach of the rules of some platforms, in the rules' order. Pure.
 *
 * @param platforms - without them those that run the image's architecture
 */
export function lintForPlatforms(
  input: LintInput,
  platforms: readonly LintPlatform[] = platformsFor(input),
): PlatformFinding[] {
  return Object.entries(PLATFORM_RULES).flatMap(([id, { platform, level, find }]) =>
    platforms.includes(platform)
      ? find(input).map((message) => ({ rule: id as PlatformRuleId, platform, level, message }))
      : [],
  );
}

/** Platforms whose machines are of the image's architecture. */
function platformsFor({ config }: LintInput): readonly LintPlatform[] {
  return config.architecture === "amd64" ? LINT_PLATFORMS : ["aws-lambda"];
}

/** At least so many: a layer that does not say counts as it is. */
function unpackedBytes({ manifest }: LintInput): number {
  return manifest.layers
    .map((layer) => layerInfo(layer))
    .reduce((total, { size, uncompressedBytes }) => total + (uncompressedBytes ?? size), 0);
}

function tooMuch(bytes: number, limit: number, what: string): string[] {
  return bytes > limit ? [`${formatBytes(bytes)} ${what}, more than ${formatBytes(limit)}`] : [];
}

function notAmd64({ config: { os, architecture } }: LintInput): string[] {
  return architecture === "amd64" ? [] : [`the image is for ${os}/${architecture}`];
}

function homeProblem({ config }: LintInput): string[] {
  const home = (config.config?.Env ?? []).find((line) => line.startsWith("HOME="))?.slice(5);
  return home === undefined || /^\/tmp(?:\/|$)/.test(home) ? [] : [`HOME is ${home}`];
}
