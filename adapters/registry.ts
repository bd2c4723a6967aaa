/**
 * Platforms by name. Each is loaded when it is asked for, so that none costs anything to who deploys elsewhere.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import type { Adapter } from "./adapter.ts";

const LOADERS: Readonly<Record<string, () => Promise<Adapter>>> = {
  "aws-ecs-gpu": async () => (await import("./aws-ecs-gpu/adapter.ts")).awsEcsGpuAdapter,
  "aws-lambda": async () => (await import("./aws-lambda/adapter.ts")).awsLambdaAdapter,
  local: async () => (await import("./local/adapter.ts")).localAdapter,
};

/** Names that `--platform` takes, sorted. */
export const PLATFORMS: readonly string[] = Object.keys(LOADERS).sort();

/** Platforms that are designed and not built. */
export const PLANNED_PLATFORMS: readonly string[] = [
  "azure-container-apps",
  "google-cloud-run",
  "kubernetes",
];

/**
 * @param platform - as typed after `--platform`
 * @throws BentoError BENTO_UNSUPPORTED for a platform that is planned only; BENTO_USAGE for any other name
 */
export async function loadAdapter(platform: string): Promise<Adapter> {
  const load = Object.hasOwn(LOADERS, platform) ? LOADERS[platform] : undefined;
  if (load !== undefined) {
    return await load();
  }
  const have = `what works today: ${PLATFORMS.join(", ")}`;
  if (PLANNED_PLATFORMS.includes(platform)) {
    throw new BentoError("BENTO_UNSUPPORTED", `the platform ${platform} is not there yet`, {
      where: "--platform",
      hint: have,
    });
  }
  const near = nearest(platform, [...PLATFORMS, ...PLANNED_PLATFORMS]);
  const suggestion = near === undefined ? "" : `; did you mean ${near}?`;
  throw new BentoError("BENTO_USAGE", `no platform ${JSON.stringify(platform)}${suggestion}`, {
    where: "--platform",
    hint: have,
  });
}
