/**
 * Starts a served bento as a process of its own, as an image does.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { RuntimeManifest } from "../../core/runtime-manifest.ts";

const MAIN = new URL("../../handler/main.ts", import.meta.url).href;

export interface StartedService {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** All of stderr so far. */
  stderr(): string;
  /** The log line with this message, once it is there; undefined when the process ends without. */
  logged(message: string): Promise<Record<string, unknown> | undefined>;
  /** The exit code, once it has ended. */
  readonly exited: Promise<number | null>;
}

export interface StartServiceOptions {
  /** Of service.ts; may import "bentokit" and "zod". */
  readonly source: string;
  readonly runtime?: RuntimeManifest;
  readonly environment?: Readonly<Record<string, string>>;
}

/** @param folder - empty; the process's files are written here */
export async function startService(
  folder: string,
  { source, runtime, environment }: StartServiceOptions,
): Promise<StartedService> {
  const root = new URL("../../", import.meta.url);
  await mkdir(join(folder, "src"), { recursive: true });
  const resolved = source
    .replaceAll('"bentokit"', JSON.stringify(new URL("core/index.ts", root).href))
    .replaceAll('"zod"', JSON.stringify(new URL("node_modules/zod/index.js", root).href));
  await writeFile(join(folder, "src", "service.mts"), resolved);
  await writeFile(
    join(folder, "src", "main.mts"),
    `import { start } from ${JSON.stringify(MAIN)};
import * as exports from "./service.mts";
await start({ exports, runtimeDirectory: new URL("..", import.meta.url) });`,
  );
  if (runtime !== undefined) {
    await writeFile(join(folder, "bento.json"), JSON.stringify(runtime));
  }
  const entry = pathToFileURL(join(folder, "src", "main.mts"));
  const child = spawn(process.execPath, ["--no-warnings", entry.pathname], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], PORT: "0", ...environment },
  });
  let text = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (chunk: string) => {
    text += chunk;
  });
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  const find = (message: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .find((line) => line["msg"] === message);
  return {
    process: child,
    stderr: () => text,
    exited,
    async logged(message) {
      let isOver = false;
      void exited.then(() => {
        isOver = true;
      });
      while (find(message) === undefined && !isOver) {
        await Promise.race([once(child.stderr, "data"), exited]);
      }
      return find(message);
    },
  };
}
