/**
 * Serves a project from its sources, or a built bento.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatError } from "../../core/format-error.ts";
import { parseTag } from "../../core/tag.ts";
import type { Project } from "../../packager/project.ts";
import { readProject } from "../../packager/project.ts";
import { type StagedService, stageService } from "../../packager/stage-service.ts";
import { type CliContext, homeOf } from "../context.ts";
import { drawProgress } from "../progress.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { cacheOf, storeOf } from "../store.ts";
import { watchSources } from "../watch-sources.ts";

export interface ServeFlags {
  readonly port?: string;
  readonly host: string;
  readonly reload?: boolean;
  readonly production?: boolean;
  readonly store?: string;
}

/** Serves until the server ends or the user stops it. @returns the exit code */
export async function serve(
  context: CliContext,
  target: string,
  flags: ServeFlags,
): Promise<number> {
  if (flags.port !== undefined && !(/^\d{1,5}$/.test(flags.port) && Number(flags.port) <= 65_535)) {
    throw new BentoError(
      "BENTO_USAGE",
      `expected --port with a number from 0 to 65535, got ${JSON.stringify(flags.port)}`,
      {
        hint: "e.g. --port 3000; 0 takes any free one",
      },
    );
  }
  if (!(await isSource(context, target, flags))) {
    return serveBento(context, target, flags);
  }
  if (flags.production === true) {
    throw new BentoError("BENTO_USAGE", "--production serves built bentos only", {
      where: target,
      hint: "bento build, then bento serve NAME:VERSION --production",
    });
  }
  const project = await readProject(target, context.cwd);
  return flags.reload === true
    ? serveReloading(context, project, flags)
    : serveSource(context, project, flags);
}

async function serveBento(context: CliContext, target: string, flags: ServeFlags): Promise<number> {
  const store = await storeOf(context, flags.store);
  const { manifest } = await store.bentos.get(parseTag(target), { allowPrefix: true });
  const directory = await store.bentos.materialise(manifest, cacheOf(context), {
    onProgress: drawProgress(context),
    signal: context.signal,
  });
  const server = await startServer(context, serverOptions(directory, flags));
  return untilStopped(context, server);
}

async function serveSource(
  context: CliContext,
  project: Project,
  flags: ServeFlags,
): Promise<number> {
  await using staged = await stage(context, project, flags);
  const server = await startServer(context, serverOptions(staged.directory, flags));
  return await untilStopped(context, server);
}

/**
 * Restarts when a source changes. A source that cannot be used is told, and the server that runs goes on.
 */
async function serveReloading(
  context: CliContext,
  project: Project,
  flags: ServeFlags,
): Promise<number> {
  let staged = await stage(context, project, flags);
  let server = await startServer(context, serverOptions(staged.directory, flags));
  try {
    while (
      (await changedOrEnded(context, server, watchSources(project, staged.inputs))) === "changed"
    ) {
      const next = await restage(context, project, flags);
      if (next !== undefined) {
        await server.stop();
        await staged[Symbol.asyncDispose]();
        staged = next;
        server = await startServer(context, serverOptions(staged.directory, flags));
        context.err("reloaded\n");
      }
    }
    return await untilStopped(context, server);
  } finally {
    await server.stop();
    await staged[Symbol.asyncDispose]();
  }
}

async function changedOrEnded(
  context: CliContext,
  server: ServerProcess,
  watching: ReturnType<typeof watchSources>,
): Promise<"changed" | "ended"> {
  using changes = watching;
  const first = await Promise.race([server.ended, changes.next(), aborted(context.signal)]);
  return first === "changed" ? "changed" : "ended";
}

async function restage(
  context: CliContext,
  project: Project,
  flags: ServeFlags,
): Promise<StagedService | undefined> {
  try {
    return await stage(context, await readProject(project.serviceFile, project.directory), flags);
  } catch (error) {
    if (!BentoError.isInstance(error)) {
      throw error;
    }
    context.err(`${formatError(error, context.hasColour)}  the service that ran before goes on\n`);
    return undefined;
  }
}

async function stage(
  context: CliContext,
  project: Project,
  flags: ServeFlags,
): Promise<StagedService> {
  const store = await storeOf(context, flags.store);
  return stageService(project, {
    store,
    cacheRoot: cacheOf(context),
    workDirectory: join(homeOf(context), "tmp"),
    onProgress: drawProgress(context),
    signal: context.signal,
  });
}

function serverOptions(directory: string, flags: ServeFlags) {
  const isProduction = flags.production === true;
  // in production as in the image: reached from other machines
  const host = isProduction && flags.host === "127.0.0.1" ? "0.0.0.0" : flags.host;
  return { directory, host, port: flags.port, isProduction };
}

async function untilStopped(context: CliContext, server: ServerProcess): Promise<number> {
  const first = await Promise.race([server.ended, aborted(context.signal)]);
  if (first === "aborted") {
    await server.stop();
    return 0;
  }
  return server.ended;
}

function aborted(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((done) => {
    if (signal.aborted) {
      done("aborted");
    }
    signal.addEventListener("abort", () => done("aborted"), { once: true });
  });
}

/** A file, a folder, or what can only be meant for one; `iris:v1` is the bento even beside a folder `iris`. */
async function isSource(context: CliContext, target: string, flags: ServeFlags): Promise<boolean> {
  const [path = "", exportName] = target.split(/:(?=[A-Za-z_$][\w$]*$)/);
  if (/[\\/]|\.[cm]?[jt]s$/.test(path)) {
    return true;
  }
  const isThere = await isPath(resolve(context.cwd, path));
  return isThere && (exportName === undefined || !(await isBento(context, target, flags)));
}

async function isBento(context: CliContext, target: string, flags: ServeFlags): Promise<boolean> {
  const store = await storeOf(context, flags.store);
  try {
    await store.bentos.resolve(parseTag(target), { allowPrefix: true });
    return true;
  } catch (error) {
    if (BentoError.isInstance(error)) {
      return false;
    }
    throw error;
  }
}

async function isPath(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
