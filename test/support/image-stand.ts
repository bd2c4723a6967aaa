/**
 * Where images are proven: unpacked, under each of the programs that run containers, with the same narrow rights as on
 * Lambda: another user, a read-only root, nothing writable but /tmp.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../../adapters/local/port.ts";

const HOST = "127.0.0.1";
const READY_MS = 30_000;
const PAUSE_MS = 25;

/** Something that answers on loopback until its scope ends. */
export interface Running extends AsyncDisposable {
  readonly url: string;
}

/** What umoci unpacks: a root file system and how it starts. */
const Bundle = z.looseObject({
  process: z.looseObject({ args: z.array(z.string()), env: z.array(z.string()), cwd: z.string() }),
  linux: z.looseObject({ namespaces: z.array(z.looseObject({ type: z.string() })) }),
  mounts: z.array(z.looseObject({ destination: z.string() })),
});
type Bundle = z.infer<typeof Bundle>;

/** @param image - `layout:name` */
export function unpackBundle(image: string, bundle: string): void {
  execFileSync("umoci", ["unpack", "--rootless", "--image", image, bundle]);
}

async function readBundle(bundle: string): Promise<Bundle> {
  return Bundle.parse(JSON.parse(await readFile(join(bundle, "config.json"), "utf8")));
}

export async function runUnderBubblewrap(bundle: string): Promise<Running> {
  const config = await readBundle(bundle);
  const port = await freePort(HOST);
  const { args, env, cwd } = config.process;
  const environment = [...env, "HOME=/tmp", `PORT=${port}`].flatMap((line) => {
    const equals = line.indexOf("=");
    return ["--setenv", line.slice(0, equals), line.slice(equals + 1)];
  });
  const child = start(["bwrap", ...sandbox(bundle), ...environment, "--chdir", cwd, ...args]);
  return await ready(child, `http://${HOST}:${port}`, "/readyz");
}

/** Runs another command in the same box, to its end, and returns what it prints. */
export function sayUnderBubblewrap(bundle: string, command: readonly string[]): string {
  return execFileSync("bwrap", [...sandbox(bundle), ...command], { encoding: "utf8" });
}

function sandbox(bundle: string): string[] {
  return [
    ...["--unshare-user", "--uid", "65532", "--gid", "65532"],
    ...["--ro-bind", join(bundle, "rootfs"), "/", "--proc", "/proc", "--dev", "/dev"],
    ...["--tmpfs", "/tmp", "--unshare-pid", "--as-pid-1", "--die-with-parent", "--clearenv"],
  ];
}

export async function runUnderRunc(bundle: string, id: string): Promise<Running> {
  const config = await readBundle(bundle);
  const port = await freePort(HOST);
  const { resources: _, ...linux } = config.linux;
  const changed = {
    ...config,
    process: {
      ...config.process,
      terminal: false,
      user: { uid: 65_532, gid: 65_532 },
      env: [...config.process.env, "HOME=/tmp", `PORT=${port}`],
    },
    root: { path: "rootfs", readonly: true },
    mounts: [
      ...config.mounts.filter(({ destination }) => destination !== "/sys"),
      { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=1777"] },
    ],
    linux: {
      ...linux,
      uidMappings: [],
      gidMappings: [],
      // the machine's own network: there is nothing else to reach it by
      namespaces: linux.namespaces.filter(({ type }) => type !== "network" && type !== "user"),
    },
  };
  await writeFile(join(bundle, "config.json"), JSON.stringify(changed));
  const state = `${bundle}.runc`;
  const child = start(["runc", "--root", state, "run", "--bundle", bundle, id]);
  return await ready(child, `http://${HOST}:${port}`, "/readyz");
}

/**
 * Settings under which podman runs where it cannot have its usual ones: no overlay, no systemd, no raised limits.
 *
 * @param directory - holds its images and containers
 * @returns variables for podman
 */
export async function podmanSettings(directory: string): Promise<Record<string, string>> {
  await mkdir(directory, { recursive: true });
  const containers = join(directory, "containers.conf");
  const storage = join(directory, "storage.conf");
  await writeFile(
    containers,
    [
      "[engine]",
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      'runtime = "runc"',
      "[containers]",
      'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]',
      "",
    ].join("\n"),
  );
  await writeFile(
    storage,
    [
      "[storage]",
      'driver = "vfs"',
      `graphroot = "${join(directory, "root")}"`,
      `runroot = "${join(directory, "run")}"`,
      "",
    ].join("\n"),
  );
  return { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage };
}

/** @param image - as podman pulls it, e.g. `docker://127.0.0.1:5000/team/iris:v1` */
export async function runUnderPodman(
  image: string,
  settings: Readonly<Record<string, string>>,
): Promise<Running> {
  const port = await freePort(HOST);
  const env = { ...process.env, ...settings };
  const podman = (...args: string[]) =>
    execFileSync("podman", args, { env, encoding: "utf8" }).trim();
  const id = podman("pull", "--quiet", "--tls-verify=false", image);
  const box = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"];
  const net = ["--network", "host", "--env", `PORT=${port}`];
  const container = podman("run", "--detach", ...box, ...net, id);
  const url = `http://${HOST}:${port}`;
  const remove = () => void podman("rm", "--force", "--time", "5", container);
  await untilReady(`${url}/readyz`, () => podman("logs", container)).catch((error: unknown) => {
    remove();
    throw error;
  });
  return { url, [Symbol.asyncDispose]: async () => remove() };
}

interface Started {
  readonly child: ChildProcess;
  readonly said: string[];
}

function start([program = "", ...args]: readonly string[]): Started {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  }
  child.on("error", (error) => said.push(String(error)));
  return { child, said };
}

async function ready({ child, said }: Started, url: string, path: string): Promise<Running> {
  const running = {
    url,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "close");
      }
    },
  };
  await untilReady(`${url}${path}`, () => said.join("")).catch(async (error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return running;
}

/** @throws with what it wrote, when it is not ready in half a minute */
async function untilReady(url: string, log: () => string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 200) {
      return;
    }
    await wait(PAUSE_MS);
  }
  throw new Error(`${url} did not get ready:\n${log()}`);
}
