/**
 * Starts a service in this process: its models found and loaded, its `onStart` run, an app without a port.
 *
 * @module
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { Log } from "../core/endpoint.ts";
import type { AnyModelRef } from "../core/model-ref.ts";
import type { Padding } from "../core/padding.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { parseTag } from "../core/tag.ts";
import { type App, createApp } from "../handler/app.ts";
import { silentLog } from "../handler/log.ts";
import { loadRunner } from "../handler/runner/load-runner.ts";
import type { LoadedRunner } from "../handler/runner/runner.ts";
import type { Store } from "../model-store/store.ts";

export interface HostOptions {
  /** Files to load instead of what the service names, by its own keys. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Where tags are resolved: an open store, or its URL. @default the store in `home` */
  readonly store?: Store | string | undefined;
  /** @default ~/.bento */
  readonly home?: string | undefined;
  /** What `model.file` is relative to. @default the working directory */
  readonly directory?: string | undefined;
  /** @default silence */
  readonly log?: Log | undefined;
}

export interface Hosted extends AsyncDisposable {
  readonly app: App;
  /** Runs `onStop` and ends the models' threads. A second call does nothing. */
  close(): Promise<void>;
}

interface FoundModel {
  readonly path: string;
  readonly tag: string;
  /** Undefined leaves it to the graph's shapes. */
  readonly batchable?: boolean;
  /** As the model's signature says. */
  readonly padding?: Padding | undefined;
}

/**
 * @throws BentoError BENTO_NOT_FOUND for a model that the store does not have, BENTO_INVALID_INPUT for a key of `models` that
 * the service does not have
 */
export async function hostDefinition(
  definition: ServiceDefinition,
  options: HostOptions = {},
): Promise<Hosted> {
  const { log = silentLog } = options;
  const found = await findModels(definition, options);
  const runners: Record<string, LoadedRunner> = {};
  let isClosed = false;
  const close = async () => {
    if (!isClosed) {
      isClosed = true;
      await Promise.all(Object.values(runners).map((runner) => runner.close()));
    }
  };
  try {
    for (const [key, { path, batchable, padding }] of Object.entries(found)) {
      const { batch: settings, threads } = definition.models[key] ?? {};
      runners[key] = await loadRunner({ path, name: key, batchable, padding, settings, threads });
    }
    await definition.onStart?.({ log });
  } catch (error) {
    await close();
    throw error;
  }
  const runtime = { name: definition.name, version: "source", models: found };
  const end = async () => {
    if (!isClosed) {
      await definition.onStop?.();
    }
    await close();
  };
  const app = createApp({ definition, runners, runtime, log });
  return { app, close: end, [Symbol.asyncDispose]: end };
}

async function findModels(
  definition: ServiceDefinition,
  options: HostOptions,
): Promise<Record<string, FoundModel>> {
  const given = options.models ?? {};
  const keys = Object.keys(definition.models);
  const unknown = Object.keys(given).filter((key) => !keys.includes(key));
  if (unknown.length > 0) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `the service has no model ${unknown.map((key) => JSON.stringify(key)).join(", ")}`,
      { where: "testService, models", hint: `its models are ${keys.join(", ") || "none"}` },
    );
  }
  const directory = options.directory ?? ".";
  const found: Record<string, FoundModel> = {};
  for (const [key, reference] of Object.entries(definition.models)) {
    const path = given[key] ?? (reference.kind === "model-file" ? reference.file : undefined);
    found[key] =
      path === undefined
        ? await findInStore(reference, options)
        : { path: resolve(directory, path), tag: `file:${path}` };
  }
  return found;
}

async function findInStore(reference: AnyModelRef, options: HostOptions): Promise<FoundModel> {
  const { openStore } = await import("../model-store/open-store.ts");
  const home = options.home ?? join(homedir(), ".bento");
  const isOpen = typeof options.store === "object";
  const store =
    typeof options.store === "object" ? options.store : openStore({ url: options.store, home });
  try {
    const tag = reference.kind === "model" ? reference.tag : reference.file;
    const { manifest } = await store.models.get(parseTag(tag));
    const folder = await store.models.path(manifest, join(home, "cache"));
    const signatures = Object.values(manifest.signatures);
    return {
      path: join(folder, manifest.entry),
      tag: `${manifest.name}:${manifest.version}`,
      batchable: signatures.length > 0 && signatures.every((signature) => signature.batchable),
      padding: signatures.find((signature) => signature.padding !== undefined)?.padding,
    };
  } finally {
    if (!isOpen) {
      await store[Symbol.asyncDispose]();
    }
  }
}
