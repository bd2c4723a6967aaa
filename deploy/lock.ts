/**
 * One change to a deployment at a time on this machine. A lock is held for as long as its process lives; what a killed
 * process left is taken over. Locks are numbered and only the highest counts, so two that take one over cannot both
 * have it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isAlive, processIdentity } from "../adapters/local/process-identity.ts";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import type { DeploymentKey, DeployRuntime } from "./runtime.ts";

const Holder = z.object({
  pid: z.int(),
  identity: z.string(),
  at: z.string().describe("Since when, UTC."),
  by: z.string().optional(),
  work: z.string().describe("What it does, e.g. deploy iris:v1."),
});
type Holder = z.infer<typeof Holder>;

const HELD = ".lock";
const FREE = ".free";
const DIGITS = 10;

/**
 * Does work on a deployment that no other process of this machine does at once.
 *
 * @param work - as whoever comes meanwhile reads it, e.g. `deploy iris:v1`
 * @throws BentoError BENTO_CONFLICT saying who is at it; what `doWork` throws
 */
export async function withLock<Result>(
  key: DeploymentKey,
  runtime: Pick<DeployRuntime, "home" | "now" | "by">,
  { work, doWork }: { work: string; doWork: () => Promise<Result> },
): Promise<Result> {
  const folder = join(runtime.home, "run", "locks", key.platform, key.environment, key.name);
  const own: Holder = {
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? "",
    at: runtime.now().toISOString(),
    ...(runtime.by === undefined ? {} : { by: runtime.by }),
    work,
  };
  const lock = await acquire(folder, own, key);
  try {
    return await doWork();
  } finally {
    await rename(`${lock}${HELD}`, `${lock}${FREE}`).catch(() => {});
  }
}

/** @returns path of the lock without its ending */
async function acquire(folder: string, own: Holder, key: DeploymentKey): Promise<string> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${randomUUID()}.tmp`);
  await writeFile(draft, canonicalJson(own), { flush: true });
  try {
    for (;;) {
      const highest = await highestLock(folder);
      await refuseHeld(folder, highest, key);
      const number = (highest?.number ?? 0) + 1;
      const path = join(folder, String(number).padStart(DIGITS, "0"));
      // whole at once: nobody reads half a lock
      if (await isLinked(draft, `${path}${HELD}`)) {
        // somebody may have taken it and given it back, and higher ones too, since we looked
        const rivals = (await locks(folder)).filter((other) => other.number >= number);
        if (rivals.length === 1) {
          await removeBelow(folder, number);
          return path;
        }
        await rm(`${path}${HELD}`, { force: true });
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

interface Found {
  readonly name: string;
  readonly number: number;
}

async function highestLock(folder: string): Promise<Found | undefined> {
  return (await locks(folder)).at(-1);
}

/** Lowest first, free ones before held ones of the same number. */
async function locks(folder: string): Promise<Found[]> {
  const names = (await readdir(folder)).filter((name) => /^\d+\.(?:lock|free)$/.test(name)).sort();
  return names.map((name) => ({ name, number: Number(name.slice(0, DIGITS)) }));
}

async function refuseHeld(
  folder: string,
  found: Found | undefined,
  { name, platform, environment }: DeploymentKey,
): Promise<void> {
  if (found === undefined || found.name.endsWith(FREE)) {
    return;
  }
  const holder = await readHolder(join(folder, found.name));
  if (holder !== undefined && (await isAlive(holder))) {
    const who = holder.by === undefined ? "" : ` by ${holder.by}`;
    throw new BentoError(
      "BENTO_CONFLICT",
      `process ${holder.pid} is at it: ${holder.work}, since ${holder.at}${who}`,
      {
        where: `deployment ${name} on ${platform}, environment ${environment}`,
        hint: "wait until it is done, look at what stands then, and do it again",
      },
    );
  }
}

/** Undefined when it is gone, or nobody can say whose it is. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return Holder.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

async function isLinked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      return false;
    }
    throw new BentoError("BENTO_IO", "cannot write a lock", {
      where: path,
      hint: "use a BENTO_HOME on a disk that can be written and has hard links",
      cause: error,
    });
  }
}

async function removeBelow(folder: string, number: number): Promise<void> {
  for (const old of await locks(folder)) {
    if (old.number < number) {
      await rm(join(folder, old.name), { force: true });
    }
  }
}
