/**
 * Runs an image in bubblewrap, under Lambda's contract: an unprivileged user, a read-only root, nothing writable but
 * /tmp. It needs neither root nor a daemon and shares the machine's network.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { type Engine, type EngineContext, type StartRequest, urlOf } from "./engine.ts";
import { findProgram } from "./find-program.ts";
import { type ImageStart, imageStart, localImage, settingsOf } from "./local-image.ts";
import type { LocalProcess } from "./local-process.ts";
import { lastLines } from "./log-file.ts";
import { asProcess } from "./process-engine.ts";
import { processIdentity } from "./process-identity.ts";
import { rootfsOf, sweepRootfs } from "./rootfs.ts";
import { usedImages } from "./used-images.ts";

/** How long bubblewrap may take to set up the sandbox. */
const SET_UP_MS = 10_000;
const LOG_LINES = 3;

export const bwrapEngine: Engine = {
  ...asProcess,
  async check({ ambient }) {
    await findProgram("bwrap", ambient);
  },
  async start(request, context) {
    const program = await findProgram("bwrap", context.ambient);
    const image = await localImage(request, context);
    const root = await rootfsOf(image, context);
    const start = imageStart(image, {
      ...settingsOf(request, context),
      BENTO_HOST: request.host,
      PORT: String(request.port),
    });
    const pid = await spawnSandbox([program, ...sandbox(root, start)], start, request);
    const identity = (await processIdentity(pid)) ?? "gone";
    const started: LocalProcess = { ...request, pid, identity, url: urlOf(request) };
    await context.remember(started);
    return started;
  },
  async release(_target, context: EngineContext) {
    await sweepRootfs(context, await usedImages(context));
  },
};

function sandbox(root: string, start: ImageStart): string[] {
  const [uid = "0", gid = uid] = start.user.split(":");
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
    ...["--uid", uid, "--gid", gid, "--new-session"],
    // signals must reach the server itself, and it must be what is waited for
    "--as-pid-1",
    ...["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["/etc/hosts", "/etc/resolv.conf"].flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--chdir", start.directory, "--info-fd", "3", "--"],
    ...start.command,
  ];
}

/** @returns the pid of what runs inside, as this machine counts it */
async function spawnSandbox(
  [program = "", ...args]: readonly string[],
  { environment }: ImageStart,
  { log, bento }: StartRequest,
): Promise<number> {
  await mkdir(dirname(log), { recursive: true });
  await using file = await open(log, "a");
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", file.fd, file.fd, "pipe"],
    // what it is given is what the service gets: arguments can be read by anyone on the machine
    env: { ...environment },
  });
  const pid = await innerPid(child).catch(async (cause: unknown) => {
    const said = await lastLines(log, LOG_LINES);
    throw new BentoError("BENTO_IO", `bwrap did not start ${bento.tag}${colon(said.join("\n"))}`, {
      where: log,
      hint: "where user namespaces are switched off, use another engine: --engine podman, or leave it out",
      cause,
    });
  });
  child.unref();
  return pid;
}

function colon(text: string): string {
  return text === "" ? "" : `: ${text}`;
}

/** Bubblewrap tells the pid in a JSON document once the sandbox stands, and then closes the pipe. */
async function innerPid(child: ChildProcess): Promise<number> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // told below where it comes first
  child.once("error", failed.reject);
  const limit = setTimeout(() => child.kill("SIGKILL"), SET_UP_MS);
  try {
    const text = await Promise.race([collect(child.stdio[3]), failed.promise]);
    const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    if (pid === undefined) {
      throw new Error("it ended before the sandbox stood");
    }
    return Number(pid);
  } finally {
    clearTimeout(limit);
  }
}

async function collect(stream: unknown): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
