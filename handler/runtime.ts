/**
 * What a bento says of itself where it runs: `bento.json` in its folder, and the models that it names.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { RuntimeManifest } from "../core/bento-manifest.ts";
import type { Log } from "../core/endpoint.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { loadRunner } from "./runner/load-runner.ts";
import type { LoadedRunner } from "./runner/runner.ts";

/** @throws BentoError BENTO_IO when the file cannot be read, BENTO_INTEGRITY when it is not what a build writes */
export async function readRuntime(directory: string): Promise<RuntimeManifest> {
  const where = join(directory, "bento.json");
  const hint = "run a bento that bento build has made";
  const text = await readFile(where, "utf8").catch((cause: unknown) => {
    throw new BentoError("BENTO_IO", "bento.json cannot be read", { where, hint, cause });
  });
  try {
    return RuntimeManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new BentoError("BENTO_INTEGRITY", "bento.json is not what a build writes", {
      where,
      hint,
      cause,
    });
  }
}

export interface LoadModelsOptions {
  readonly definition: ServiceDefinition;
  readonly runtime: RuntimeManifest;
  /** Paths of models are relative to it. */
  readonly directory: string;
  readonly log: Log;
  /** Worker threads of each model. @default by the model's size and the machine's cores */
  readonly threads?: number | undefined;
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
  const loaded = await Promise.allSettled(keys.map((key) => loadModel(key, options)));
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
  { definition, runtime, directory, log, threads }: LoadModelsOptions,
): Promise<readonly [string, LoadedRunner]> {
  const known = runtime.models[key];
  if (known === undefined) {
    throw new BentoError("BENTO_INTEGRITY", `bento.json has no model ${JSON.stringify(key)}`, {
      where: directory,
      hint: "build the bento again",
    });
  }
  const path = resolve(directory, known.path);
  const { size } = await stat(path).catch(() => ({ size: 0 })); // loadRunner tells what is wrong
  const runner = await loadRunner({
    path,
    name: key,
    batchable: known.batchable,
    settings: definition.models[key]?.batch,
    threads: threads ?? threadsFor(size, availableParallelism()),
    onDeath: (err) => log.error({ model: key, err }, "model thread ended"),
  });
  return [key, runner];
}

/** Larger models are held once, and spread each run over the cores. */
const SMALL_MODEL_BYTES = 100_000_000;

/**
 * Worker threads for a model. One for each core beats one run over all cores (reference measurements: 1.5 times on two
 * cores), but each holds the model in memory.
 */
export function threadsFor(modelBytes: number, cores: number): number {
  return modelBytes <= SMALL_MODEL_BYTES ? Math.min(cores, 4) : 1;
}
