/**
 * What `bento profile` measured goes with a deploy: as the variable BENTO_PROFILE, since a bento and its image hold no
 * measurements. It is taken from the project that is deployed, else from beside the bento in this machine's cache.
 *
 * @module
 */
import { type BentoManifest, bentoDigest } from "../core/bento-manifest.ts";
import type { Log } from "../core/endpoint.ts";
import type { Profile } from "../core/profile.ts";
import type { CliContext } from "./context.ts";
import { cacheOf } from "./store.ts";

export interface ProfiledOptions {
  readonly manifest: BentoManifest;
  /** The project's folder; undefined for a bento that was built before. */
  readonly project: string | undefined;
  /** Given by the user: a BENTO_PROFILE among them stays. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Lambda takes 4 KB of variables in all. */
const MOST_BYTES = 2048;

/** @returns the variables, with BENTO_PROFILE where a model of this very bento was measured */
export async function withProfile(
  context: CliContext,
  { manifest, project, variables }: ProfiledOptions,
): Promise<Readonly<Record<string, string>>> {
  if (variables["BENTO_PROFILE"] !== undefined || manifest.models.length === 0) {
    return variables;
  }
  const { bentoFolder } = await import("../model-store/bentos.ts");
  const { readProfile } = await import("../handler/runtime.ts");
  const cached = bentoFolder(manifest, bentoDigest(manifest), cacheOf(context));
  const log = teller(context);
  for (const folder of project === undefined ? [cached] : [project, cached]) {
    const text = writtenFor(manifest, await readProfile(folder, { given: undefined, log }));
    if (text !== undefined && Buffer.byteLength(text) <= MOST_BYTES) {
      return { ...variables, BENTO_PROFILE: text };
    }
    if (text !== undefined) {
      context.err(`profile.json left out: over ${MOST_BYTES} bytes for this bento's models\n`);
    }
  }
  return variables;
}

/** The part that is of this bento's models; undefined where there is none. */
function writtenFor(manifest: BentoManifest, profile: Profile | undefined): string | undefined {
  const models = Object.entries(profile?.models ?? {}).filter(([key, { digest }]) =>
    manifest.models.some((model) => model.key === key && model.digest === digest),
  );
  return profile === undefined || models.length === 0
    ? undefined
    : JSON.stringify({ ...profile, models: Object.fromEntries(models) });
}

function teller(context: CliContext): Log {
  return {
    info: () => {},
    warn: (fields, message) =>
      context.err(`${message}${"path" in fields ? `: ${String(fields.path)}` : ""}\n`),
    error: () => {},
  };
}
