/**
 * What a deploy is of and where it goes: from the flags, the project's bentofile.yaml and the store.
 *
 * @module
 */
import { resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Bentofile } from "../core/bentofile.ts";
import { nearest } from "../core/nearest.ts";
import type { PlannedImage } from "../core/plan.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import type { DeployRequest } from "../deploy/plan.ts";
import { buildProject } from "./actions/build.ts";
import { type ContainerizeFlags, makeImage } from "./actions/containerize.ts";
import type { CliContext } from "./context.ts";
import { ensurePeers } from "./ensure-peers.ts";
import { parseKeyValues } from "./key-values.ts";
import { storeOf } from "./store.ts";

export interface DeployFlags {
  readonly platform?: string;
  readonly env: string;
  readonly name?: string;
  readonly set?: readonly string[];
  readonly setEnv?: readonly string[];
  readonly plan?: boolean;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
  readonly apply?: string;
  readonly emit?: string;
  readonly image?: string;
  readonly base?: string;
  readonly verify: boolean;
  readonly yes?: boolean;
  readonly store?: string;
  readonly json?: boolean;
}

/** @param bento - a tag; the project in the current folder is built when it is left out */
export async function deployRequest(
  context: CliContext,
  bento: string | undefined,
  flags: DeployFlags,
): Promise<DeployRequest> {
  const { platform, name, options } = await whereTo(context, flags);
  const { loadAdapter } = await import("../adapters/registry.ts");
  const { refuseUnmet } = await import("../deploy/needs.ts");
  const purpose =
    flags.emit !== undefined
      ? "emit"
      : flags.plan === true || flags.out !== undefined
        ? "show"
        : "apply";
  // a wrong platform, one whose packages are absent, or what it cannot do is said before anything is built
  const adapter = await loadAdapter(platform);
  await ensurePeers(context, adapter, flags.yes === true);
  refuseUnmet(adapter, purpose === "show" ? [] : [purpose]);
  const manifest = await whatFor(context, bento, flags);
  const image =
    adapter.capabilities.runs === "image" ? await imageOf(context, manifest, flags) : undefined;
  return {
    platform,
    environment: flags.env,
    name: flags.name ?? name,
    manifest,
    image,
    options,
    sets: flags.set,
    variables: parseKeyValues("--set-env", flags.setEnv, "LOG_LEVEL=debug"),
    purpose,
  };
}

interface Place {
  readonly platform: string;
  readonly name: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

async function whereTo(context: CliContext, flags: DeployFlags): Promise<Place> {
  const { environments } = await projectBentofile(context);
  const { platform: planned, name, ...options } = environments[flags.env] ?? {};
  const platform = flags.platform ?? planned;
  if (platform === undefined) {
    const known = Object.keys(environments);
    const near = nearest(flags.env, known);
    throw new BentoError(
      "BENTO_USAGE",
      `where to? ${flags.env === "default" ? "no --platform is given" : `bentofile.yaml has no environment ${JSON.stringify(flags.env)}`}`,
      {
        hint:
          near !== undefined
            ? `did you mean --env ${near}?`
            : `add --platform local or --platform aws-lambda${known.length === 0 ? "" : `, or --env ${known.join(" | ")}`}`,
      },
    );
  }
  // the options of another platform would all be unknown ones here
  return { platform, name, options: planned === undefined || planned === platform ? options : {} };
}

async function projectBentofile(context: CliContext): Promise<Bentofile> {
  const { readBentofile } = await import("../packager/project.ts");
  return readBentofile(context.cwd);
}

async function whatFor(
  context: CliContext,
  bento: string | undefined,
  flags: DeployFlags,
): Promise<BentoManifest> {
  if (bento === undefined) {
    const built = await buildProject(context, ".", flags);
    context.err(`built ${formatTag(built.manifest)}\n`);
    return built.manifest;
  }
  const store = await storeOf(context, flags.store);
  return (await store.bentos.get(parseTag(bento))).manifest;
}

async function imageOf(
  context: CliContext,
  manifest: BentoManifest,
  flags: DeployFlags,
): Promise<PlannedImage> {
  if (flags.image !== undefined) {
    return imageInLayout(context, manifest, flags.image);
  }
  const containerizeFlags: ContainerizeFlags = {
    platform: "linux/amd64",
    ...(flags.base === undefined ? {} : { base: flags.base }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
    ...(flags.json === undefined ? {} : { json: flags.json }),
  };
  const made = await makeImage(context, formatTag(manifest), containerizeFlags);
  return { digest: made.digest, platform: made.platform, bytes: sum(made.layers) };
}

async function imageInLayout(
  context: CliContext,
  manifest: BentoManifest,
  text: string,
): Promise<PlannedImage> {
  const [, path] = /^oci:(.+)$/.exec(text) ?? [];
  if (path === undefined) {
    throw new BentoError("BENTO_USAGE", `expected --image oci:DIR, got ${JSON.stringify(text)}`, {
      hint: "bento containerize TAG --output oci:DIR makes one",
    });
  }
  const { openLayout } = await import("../oci/layout.ts");
  const { inspectImage } = await import("../oci/inspect-image.ts");
  const layout = await openLayout(resolve(context.cwd, path));
  const image = await inspectImage(
    layout,
    (await layout.images()).length > 1 ? { name: formatTag(manifest) } : {},
  );
  const inside = image.config.config?.Labels?.["org.bentokit.version"];
  if (inside !== manifest.version) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the image holds version ${inside ?? "(none)"}, not ${formatTag(manifest)}`,
      {
        where: text,
        hint: `make it again: bento containerize ${formatTag(manifest)} --output ${text}`,
      },
    );
  }
  const { os, architecture } = image.config;
  return {
    digest: image.descriptor.digest,
    platform: `${os}/${architecture}`,
    bytes: sum(image.layers),
  };
}

function sum(layers: readonly { size: number }[]): number {
  return layers.reduce((total, layer) => total + layer.size, 0);
}
