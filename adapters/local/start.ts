/**
 * Starts a bento as a process of its own that outlives the caller: Node on the bento's `src/main.js`, with the same
 * settings as in its image and nothing else of the caller's environment than what the bento declares.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { type StartRequest, urlOf } from "./engine.ts";
import { settingsOf } from "./local-image.ts";
import type { LocalProcess } from "./local-process.ts";
import { processIdentity } from "./process-identity.ts";

/** What any program needs of its machine. */
const ALWAYS_INHERITED = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "TZ", "LANG", "SYSTEMROOT"];

/**
 * @param ambient - the caller's environment, for the inherited names
 * @throws BentoError BENTO_IO when the system refuses to start a process
 */
export async function startProcess(
  request: StartRequest,
  ambient: Readonly<Record<string, string | undefined>>,
): Promise<LocalProcess> {
  await mkdir(dirname(request.log), { recursive: true });
  await using log = await open(request.log, "a");
  const child = spawn(process.execPath, [join(request.directory, "src", "main.js")], {
    cwd: request.directory,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: processEnvironment(request, ambient),
  });
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new BentoError("BENTO_IO", `the process did not start: ${String(cause)}`, {
      where: request.directory,
      cause,
    });
  }
  child.unref();
  const { pid } = child;
  if (pid === undefined) {
    throw new BentoError("BENTO_BUG", "a started process has no pid");
  }
  return {
    ...request,
    pid,
    identity: (await processIdentity(pid)) ?? "gone",
    url: urlOf(request),
  };
}

function processEnvironment(
  request: StartRequest,
  ambient: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const always = settingsOf({ inherited: ALWAYS_INHERITED, variables: {} }, { ambient });
  return {
    ...always,
    NODE_ENV: "production",
    ...settingsOf(request, { ambient }),
    ORT_DISABLE_TELEMETRY: "1",
    NODE_PATH: nativesFolder(),
    BENTO_HOST: request.host,
    PORT: String(request.port),
  };
}

/** The folder to resolve `onnxruntime-node` in: natives are in an image's own layer, not in the bento. */
function nativesFolder(): string {
  const require = createRequire(import.meta.url);
  return dirname(dirname(require.resolve("onnxruntime-node/package.json")));
}
