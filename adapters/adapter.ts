/**
 * The port that each deploy target implements: data (options, capabilities, peers) and a pure `plan`, then the I/O that
 * carries a plan out. Shared code never asks which platform it has; it reads what the adapter declares.
 *
 * @module
 */
import type * as z from "zod";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Deployment } from "../core/deployment.ts";
import type { Digest } from "../core/digest.ts";
import type { Plan, PlannedBento, PlannedImage } from "../core/plan.ts";
import type { OnProgress } from "../core/progress.ts";

/** Something that a platform cannot do, or that bentokit cannot do there yet. */
export interface Missing {
  /** What is so, as a clause: `aws-lambda has no GPUs`. */
  readonly missing: string;
  /** What to do instead, as an instruction. */
  readonly instead: string;
}

export type Capability = true | Missing;

export interface Capabilities {
  /** Plans can be applied, not only shown. True exactly where `rollout` is there. */
  readonly apply: Capability;
  /** Files can be written that deploy without bentokit. True exactly where `emit` is there. */
  readonly emit: Capability;
  /** One instance takes several requests at once, so that they can share a batch. */
  readonly multiRequest: Capability;
  readonly gpu: Capability;
  readonly scaleToZero: Capability;
  /** A share of the traffic can go to the new version first. */
  readonly canary: Capability;
  /** Environment variables can be given as references to secrets of the platform. @default it cannot */
  readonly secrets?: Capability;
  /** What a deployment is started from: the bento's own directory, its image, or as its options say. */
  readonly runs: "bento" | "image" | "either";
  /** The caller's own environment variables are at hand for those that the bento declares. */
  readonly inheritsEnvironment: boolean;
}

/** An npm package that a platform needs and that users install only for it. */
export interface Peer {
  readonly name: string;
  /** Exact version that is known to work; the install line names it. */
  readonly version: string;
}

/** What is to stand after the deploy. Everything that `plan` may look at. */
export interface Desired<Options = unknown> {
  readonly environment: string;
  readonly name: string;
  readonly manifest: BentoManifest;
  readonly bento: PlannedBento;
  readonly image: PlannedImage | undefined;
  readonly options: Options;
  /** Environment variables given in clear. */
  readonly variables: Readonly<Record<string, string>>;
  /** Environment variables that the platform or the service reads by these references. @default none */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Names that the bento declares and that the caller's environment sets. Sorted. */
  readonly inherited: readonly string[];
  /** Per cent of the traffic for the new version at first; all of it when undefined. */
  readonly canary?: number | undefined;
}

/** Where one deployment is, for everything that reads or writes. */
export interface DeployContext {
  readonly environment: string;
  readonly name: string;
  /** What the last record says of what stands; undefined before the first deploy. */
  readonly details: Deployment["details"] | undefined;
  /** The environment's options as the adapter's schema read them; undefined where nobody gave any. */
  readonly options?: unknown;
  /** Folder for what runs on this machine: logs, state. Absolute. */
  readonly home: string;
  /** Where the user's own packages are looked for. Absolute. */
  readonly projectDirectory: string;
  /** The caller's environment variables. */
  readonly ambient: Readonly<Record<string, string | undefined>>;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface ApplyRequest<Options = unknown> {
  readonly plan: Plan;
  readonly desired: Desired<Options>;
  /** The bento made ready to run: holds `bento.json` and `src/main.js`. Absolute. */
  readonly directory: string;
}

/** What stands, as the record keeps it. */
export interface Standing {
  readonly details: Deployment["details"];
  readonly url?: string | undefined;
  /** Per cent of the traffic that it has, where the platform holds back the rest until it is told. @default all */
  readonly canary?: number | undefined;
}

/** The new version, up but without traffic. */
export interface Candidate extends Standing {
  /**
   * Reaches it with the caller's own identity; never by opening it to others. Absent where nobody reaches it from
   * outside: golden requests are not sent then, and the record says so.
   */
  send?(path: string, init?: RequestInit): Promise<Response>;
}

export interface DeploymentStatus {
  readonly state: "ready" | "not-ready" | "gone";
  /** One line for people. */
  readonly summary: string;
  readonly url?: string | undefined;
  /** `name:version` as the running service itself says. */
  readonly serves?: string | undefined;
}

export interface LogOptions {
  /** Lines from the end; all by default. */
  readonly tail?: number | undefined;
  /** Go on until the signal. @default false */
  readonly follow?: boolean | undefined;
}

/** A version that stands on its platform, so that traffic can go to it. */
export interface DeployedVersion {
  /** As the platform names it, e.g. `7`. */
  readonly id: string;
  /** `name:version` of the bento that it is of, where the platform tells. */
  readonly bento?: string | undefined;
  readonly image?: Digest | undefined;
  /** Share of the traffic, 0 to 100. */
  readonly percent: number;
  /** When it was made, UTC, where the platform tells. */
  readonly at?: string | undefined;
}

/** Moves a share of the traffic to the candidate, all of it, or none. */
export type TrafficShift =
  | { readonly kind: "weight"; readonly percent: number }
  | { readonly kind: "complete" }
  | { readonly kind: "abort" };

export interface RestoreRequest {
  /** Version of the platform, or `name:version`. @default what had all the traffic before */
  readonly to?: string | undefined;
  /** The record of what had all the traffic before, where there is one. */
  readonly before: Deployment | undefined;
}

/** What stands after traffic was moved. */
export interface Shifted extends Standing {
  /** Those that have traffic, the largest share first. */
  readonly versions: readonly DeployedVersion[];
}

export interface PruneRequest {
  /** Images that records name: these stay. */
  readonly recorded: ReadonlySet<Digest>;
  /** Versions without traffic that stay, newest first. */
  readonly keep: number;
  /** Only say what would go. */
  readonly isDry: boolean;
}

export interface Pruned {
  /** What went, or would go, in the platform's own words. */
  readonly removed: readonly string[];
  /** What stays, with the reason, one line each. */
  readonly kept: readonly string[];
}

/** One thing that a deploy needs, looked at without writing. */
export interface Finding {
  /** E.g. `credentials`. */
  readonly check: string;
  readonly state: "fine" | "warning" | "problem";
  /** One line: what was found. */
  readonly summary: string;
  /** What to do next; there exactly where the state is not fine. */
  readonly hint?: string | undefined;
}

/** Carries plans out. Every step can be repeated; the engine calls them in this order. */
export interface Rollout<Options = unknown> {
  /** Brings the new version up. What it did before it threw is undone by `rollBack`. */
  apply(request: ApplyRequest<Options>, context: DeployContext): Promise<Candidate>;
  /** Waits until the platform itself calls it up. @throws BentoError BENTO_UNHEALTHY when it will not be */
  verify(
    candidate: Candidate,
    request: ApplyRequest<Options>,
    context: DeployContext,
  ): Promise<void>;
  /** Gives it the traffic and retires what stood before. */
  traffic(
    candidate: Candidate,
    request: ApplyRequest<Options>,
    context: DeployContext,
  ): Promise<Standing>;
  /**
   * Takes the candidate away again and brings back what stood.
   *
   * @param candidate - undefined when `apply` threw
   * @returns what stands then; undefined when nothing does
   */
  rollBack(
    candidate: Candidate | undefined,
    request: ApplyRequest<Options>,
    context: DeployContext,
  ): Promise<Standing | undefined>;
  status(context: DeployContext): Promise<DeploymentStatus>;
  /** Lines without their ends, oldest first. */
  logs(options: LogOptions, context: DeployContext): AsyncIterable<string>;
  /** Removes everything that stands. Succeeds where nothing does. */
  destroy(context: DeployContext): Promise<void>;
  /** What stands, asked of the platform alone, for when no record tells. Undefined when nothing stands. */
  find?(context: DeployContext): Promise<Standing | undefined>;
  /** Versions that stand, newest first. */
  versions?(context: DeployContext): Promise<readonly DeployedVersion[]>;
  /** Moves traffic between versions that stand. There wherever the platform can `canary`; others may complete and abort. */
  shift?(request: TrafficShift, context: DeployContext): Promise<Shifted>;
  /** Gives all the traffic back to an earlier version, without a new one where the platform keeps them. */
  restore?(request: RestoreRequest, context: DeployContext): Promise<Shifted>;
  /** Removes versions and images that nothing needs any more. */
  prune?(request: PruneRequest, context: DeployContext): Promise<Pruned>;
}

/** What policies are about: a deployment that may not be there yet. */
export interface AccessScope<Options = unknown> {
  /** Of the deployment. */
  readonly name: string;
  /** Of the bento, without a version. */
  readonly bento: string;
  readonly options: Options;
  /** Environment variables whose values the platform reads, by reference. @default none */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

/** The platform's own documents of what somebody may do, for this deployment and no other. */
export interface AccessPolicies {
  /** All that `bento deploy` and `bento deployment` do. */
  readonly deploy: object;
  /** New versions and their traffic alone: no infrastructure, no rights of others. */
  readonly promote: object;
  /** The most that what is made may do, and the name that the others know it by; absent where nothing needs one. */
  readonly boundary?: { readonly name: string; readonly document: object } | undefined;
  /** Those that the platform does not hold as one document, as several that count together; the others are absent. */
  readonly parts?: Readonly<Partial<Record<"deploy" | "promote", readonly object[]>>> | undefined;
}

/** Jobs that may act without a stored key. */
export interface JobsOf {
  /** `ORG/REPO` of GitHub. */
  readonly github: string;
  /** Its environment. */
  readonly environment: string;
}

/** A file to write; the path is relative with forward slashes. */
export interface EmittedFile {
  readonly path: string;
  readonly text: string;
}

export interface Adapter<Schema extends z.ZodType = z.ZodType, Observed = unknown> {
  /** As typed after `--platform`. */
  readonly platform: string;
  /** One line for help and tables. */
  readonly summary: string;
  /** The options that `environments.<env>` in bentofile.yaml and `--set` take for this platform. */
  readonly options: Schema;
  readonly capabilities: Capabilities;
  readonly peers: readonly Peer[];
  /** Longest name of a deployment, in characters. */
  readonly nameLimit: number;
  /** Whether a deployment with these options is started from an image; there exactly where `runs` is `either`. */
  runsImage?(options: z.output<Schema>): boolean;
  /** What exists now of what is desired. Reads only. Undefined when nothing does, or when the platform is not asked. */
  observe(
    context: DeployContext,
    desired: Desired<z.output<Schema>>,
  ): Promise<Observed | undefined>;
  /** What has to change, in order. Pure: no clock, network, file or environment. */
  plan(desired: Desired<z.output<Schema>>, observed: Observed | undefined): Plan;
  readonly rollout?: Rollout<z.output<Schema>>;
  /** Looks whether a deploy could go through: credentials, region, quotas, permissions. Reads only. */
  check?(context: DeployContext): AsyncIterable<Finding>;
  /** What somebody must be allowed who deploys. Writes nothing. */
  access?(scope: AccessScope<z.output<Schema>>, context: DeployContext): Promise<AccessPolicies>;
  /** Who else may take on the rights that {@link Adapter.access} describes. Writes nothing. */
  trust?(jobs: JobsOf, context: DeployContext): Promise<object>;
  /** What a user can keep and deploy without bentokit's engine. Writes nothing. */
  emit?(
    desired: Desired<z.output<Schema>>,
    context: DeployContext,
  ): Promise<readonly EmittedFile[]>;
}
