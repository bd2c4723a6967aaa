/**
 * What a deploy is of and where it goes: from the flags, the project's bentofile.yaml and the store.
 *
 * @module
 */
import type { Adapter } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Bentofile } from "../core/bentofile.ts";
import { nearest } from "../core/nearest.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import type { DeployRequest } from "../deploy/plan.ts";
import { buildProject } from "./actions/build.ts";
import type { CliContext } from "./context.ts";
import { imageToDeploy } from "./deploy-image.ts";
import { withProfile } from "./deploy-profile.ts";
import { ensurePeers } from "./ensure-peers.ts";
import { parseKeyValues } from "./key-values.ts";
import { readPercent } from "./percent.ts";
import { storeOf } from "./store.ts";

export interface DeployFlags {
  readonly platform?: string;
  readonly env: string;
  readonly name?: string;
  readonly set?: readonly string[];
  readonly engine?: string;
  readonly region?: string;
  readonly setEnv?: readonly string[];
  /** `KEY=REFERENCE` pairs. */
  readonly secret?: readonly string[];
  /** Per cent, as typed. */
  readonly canary?: string;
  readonly plan?: boolean;
  readonly offline?: boolean;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
  readonly apply?: string;
  readonly emit?: string;
  readonly image?: string;
  /** `name=tag` pairs. */
  readonly model?: readonly string[];
  readonly base?: string;
  /** File of the public key that must have signed the image. */
  readonly requireSignature?: string;
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
  const canary = flags.canary === undefined ? undefined : readPercent("--canary", flags.canary);
  const { platform, name, options } = await whereTo(context, flags);
  const { loadAdapter } = await import("../adapters/registry.ts");
  const { runsImage } = await import("../deploy/needs.ts");
  const { parseOptions } = await import("../deploy/options.ts");
  // a wrong platform, one whose packages are absent, or what it cannot do is said before anything is built
  const adapter = await loadAdapter(platform);
  await ensurePeers(context, adapter, flags.yes === true);
  const purpose = purposeOf(flags);
  await refuseImpossible(adapter, flags, purpose);
  const given = await whatFor(context, bento, flags);
  const { manifest, asked, ...repinned } = await repinnedFor(context, given, flags);
  const sets = setsOf(flags);
  const isImage = runsImage(adapter, parseOptions(adapter, options, sets));
  if (!isImage && flags.requireSignature !== undefined) {
    throw unsignable(platform);
  }
  const image = isImage
    ? await imageToDeploy(context, { manifest, flags: { ...flags, ...repinned }, adapter })
    : undefined;
  return {
    platform,
    environment: flags.env,
    name: flags.name ?? name,
    manifest,
    image,
    options,
    sets,
    variables: await withProfile(context, {
      manifest,
      project: bento === undefined ? context.cwd : undefined,
      variables: parseKeyValues("--set-env", flags.setEnv, "LOG_LEVEL=debug"),
    }),
    secrets: parseKeyValues("--secret", flags.secret, "API_KEY=REFERENCE"),
    asked,
    ...(canary === undefined ? {} : { canary }),
    purpose,
  };
}

function purposeOf({
  emit,
  plan,
  out,
  offline,
}: DeployFlags): NonNullable<DeployRequest["purpose"]> {
  if (offline === true) {
    if (plan !== true) {
      throw new BentoError("BENTO_USAGE", "--offline without --plan", {
        where: "--offline",
        hint: "a plan for which nobody was asked is to look at: add --plan",
      });
    }
    return "sketch";
  }
  return emit !== undefined ? "emit" : plan === true || out !== undefined ? "show" : "apply";
}

async function refuseImpossible(
  adapter: Adapter,
  { canary, secret }: DeployFlags,
  purpose: NonNullable<DeployRequest["purpose"]>,
): Promise<void> {
  const { refuseUnmet } = await import("../deploy/needs.ts");
  refuseUnmet(adapter, [
    ...(purpose === "show" || purpose === "sketch" ? [] : [purpose]),
    ...(canary === undefined ? [] : ["canary" as const]),
    ...(secret === undefined ? [] : ["secrets" as const]),
  ]);
}

function unsignable(platform: string): BentoError {
  return new BentoError(
    "BENTO_UNSUPPORTED",
    `${platform} runs the bento itself, no image is signed`,
    {
      where: "--require-signature",
      hint: "run its image, e.g. with --engine podman, or leave --require-signature out",
    },
  );
}

/** `--engine` and `--region` are options of their platform like any other; an absent platform option says so. */
function setsOf({ set = [], engine, region }: DeployFlags): string[] {
  return [
    ...set,
    ...(engine === undefined ? [] : [`engine=${engine}`]),
    ...(region === undefined ? [] : [`region=${region}`]),
  ];
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

interface Repinned {
  readonly manifest: BentoManifest;
  /** Tags of models as they were asked for here, by their name in the service. */
  readonly asked: Readonly<Record<string, string>>;
  readonly image?: string;
}

/** With `--model`: the bento with those versions, and its image where the bento's own is at hand. */
async function repinnedFor(
  context: CliContext,
  from: BentoManifest,
  flags: DeployFlags,
): Promise<Repinned> {
  if (flags.model === undefined) {
    return { manifest: from, asked: {} };
  }
  const { repinStored } = await import("./repin.ts");
  const store = await storeOf(context, flags.store);
  const { model, image: given, json } = flags;
  const { bento, image } = await repinStored(context, from, { store, model, image: given, json });
  context.err(`repinned ${formatTag(from)} → ${formatTag(bento.manifest)}\n`);
  return {
    manifest: bento.manifest,
    asked: parseKeyValues("--model", model),
    ...(image === undefined ? {} : { image: image.output }),
  };
}
