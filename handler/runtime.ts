/**
 * What a bento says of itself where it runs: `bento.json` in its folder, and the models that it names.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import type { Profile } from "../core/profile.ts";
import type { RuntimeManifest } from "../core/runtime-manifest.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { FairShare, type Flow } from "./runner/fair-share.ts";
import { loadRunner } from "./runner/load-runner.ts";
import type { ExecutionProvider } from "./runner/onnx-session.ts";
import type { LoadedRunner } from "./runner/runner.ts";

/** @throws BentoError BENTO_IO when the file cannot be read, BENTO_INTEGRITY when it is not what a build writes */
export async function readRuntime(directory: string): Promise<RuntimeManifest> {
  const where = join(directory, "bento.json");
  const hint = "run a bento that bento build has made";
  const text = readText(where, hint);
  try {
    const value: unknown = JSON.parse(text);
    if (isPlain(value)) {
      return value;
    }
    const schema = await import("./on-demand.ts");
    return schema.RuntimeManifest.parse(value);
  } catch (cause) {
    throw new BentoError("BENTO_INTEGRITY", "bento.json is not what a build writes", {
      where,
      hint,
      cause,
    });
  }
}

/** At once: nothing else can be done meanwhile, and Node's asynchronous files have to be loaded first. */
function readText(where: string, hint: string): string {
  try {
    return readFileSync(where, "utf8");
  } catch (cause) {
    throw new BentoError("BENTO_IO", "bento.json cannot be read", { where, hint, cause });
  }
}

/** Whether it has all that is used of it, and no padding: then its schema need not be made, 4 ms of a cold start. */
function isPlain(value: unknown): value is RuntimeManifest {
  const { name, version, digest, models } = fieldsOf(value);
  return (
    [name, version, digest].every(isText) &&
    typeof models === "object" &&
    Object.values(fieldsOf(models)).every((model) => {
      const { tag, digest: own, path, batchable, padding } = fieldsOf(model);
      const isWhole = [tag, own, path].every(isText) && typeof batchable === "boolean";
      return isWhole && padding === undefined;
    })
  );
}

const isText = (value: unknown) => typeof value === "string";

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value ?? {}));
}

/**
 * Reads what `bento profile` measured. A profile is a help, never a need: one that cannot be read is told and left out.
 *
 * @param given - `$BENTO_PROFILE`: the JSON itself, or a file's path, relative to the working directory. @default
 * profile.json in the folder, if it is there
 */
export async function readProfile(
  directory: string,
  { given, log }: { readonly given: string | undefined; readonly log: Log },
): Promise<Profile | undefined> {
  const isGiven = given !== undefined && given !== "";
  const isJson = given?.startsWith("{") === true;
  const path = isJson
    ? "BENTO_PROFILE"
    : isGiven
      ? resolve(given)
      : join(directory, "profile.json");
  try {
    const text = isJson ? given : readFileSync(path, "utf8");
    const schema = await import("./on-demand.ts"); // made only where there is one
    return schema.Profile.parse(JSON.parse(text));
  } catch (err) {
    const isAbsent = err instanceof Error && "code" in err && err.code === "ENOENT";
    if (isGiven || !isAbsent) {
      log.warn({ path, err }, "profile not used");
    }
    return undefined;
  }
}

export interface LoadModelsOptions {
  readonly definition: ServiceDefinition;
  readonly runtime: RuntimeManifest;
  /** Paths of models are relative to it. */
  readonly directory: string;
  readonly log: Log;
  /** Worker threads of each model. @default what the service says, else measured */
  readonly threads?: number | undefined;
  /** @default "cuda" for a service with `resources.gpu`, else "cpu" */
  readonly provider?: ExecutionProvider | undefined;
  /** Whether calls never coalesce: then nothing is measured, and a model is loaded once. @default false */
  readonly isOneAtATime?: boolean | undefined;
  /** What `bento profile` measured. @default none */
  readonly profile?: Profile | undefined;
  /** How long each model may be measured at start, in milliseconds. @default 500 */
  readonly calibrationBudgetMs?: number | undefined;
}

/**
 * Loads all models that the service names, at once.
 *
 * @throws BentoError the first that fails; the others are closed
 */
export async function loadModels(
  options: LoadModelsOptions,
): Promise<Readonly<Record<string, LoadedRunner>>> {
  const keys = Object.keys(options.definition.models);
  const share = new FairShare({ slots: availableParallelism() });
  // a model alone cannot be in another's way
  const flow = () => (keys.length > 1 ? share.flow() : undefined);
  const loaded = await Promise.allSettled(keys.map((key) => loadModel(key, flow(), options)));
  const failed = loaded.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await Promise.all(
      loaded.map((result) => (result.status === "fulfilled" ? result.value[1].close() : undefined)),
    );
    throw failed.reason;
  }
  return Object.fromEntries(
    loaded.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
  );
}

async function loadModel(
  key: string,
  flow: Flow | undefined,
  options: LoadModelsOptions,
): Promise<readonly [string, LoadedRunner]> {
  const { definition, runtime, directory, log } = options;
  const known = runtime.models[key];
  if (known === undefined) {
    throw new BentoError("BENTO_INTEGRITY", `bento.json has no model ${JSON.stringify(key)}`, {
      where: directory,
      hint: "build the bento again",
    });
  }
  const { batch: settings, threads } = definition.models[key] ?? {};
  const needsGpu = (definition.resources?.gpu ?? 0) > 0;
  const runner = await loadRunner({
    path: resolve(directory, known.path),
    name: key,
    batchable: known.batchable,
    padding: known.padding,
    settings,
    ...layoutFor(key, { ...options, threads: options.threads ?? threads }),
    ...(options.isOneAtATime === true ? { isOneAtATime: true } : {}),
    provider: options.provider ?? (needsGpu ? "cuda" : "cpu"),
    calibrationBudgetMs: options.calibrationBudgetMs,
    flow,
    log,
    onDeath: (err) => log.error({ model: key, err }, "model thread ended"),
  });
  return [key, runner];
}

/** What was set, else what was measured on as many cores; and what is known of run times. */
function layoutFor(key: string, { threads, profile, runtime, log }: LoadModelsOptions) {
  const found = profile?.models[key];
  if (found === undefined) {
    return { threads };
  }
  if (found.digest !== runtime.models[key]?.digest) {
    log.warn({ model: key, profiled: found.digest }, "profile is of another model");
    return { threads };
  }
  const prior = { points: found.points };
  const isAlike = profile?.machine.cores === availableParallelism();
  return threads === undefined && isAlike ? { ...found.layout, prior } : { threads, prior };
}
