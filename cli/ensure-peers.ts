/**
 * Looks for a platform's packages before anything is built for it. With `--yes` they are installed; else the line that
 * installs them is the error's advice.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Adapter } from "../adapters/adapter.ts";
import { installLine, requirePeers } from "../adapters/peers.ts";
import { BentoError } from "../core/bento-error.ts";
import type { CliContext } from "./context.ts";

/** @throws BentoError BENTO_MISSING_PEER when they are absent, or npm could not install them */
export async function ensurePeers(
  context: CliContext,
  adapter: Adapter,
  isYes: boolean,
): Promise<void> {
  const { platform, peers } = adapter;
  try {
    requirePeers(platform, peers, context.cwd);
  } catch (error) {
    if (!isYes || !BentoError.isInstance(error)) {
      throw error;
    }
    const line = installLine(peers);
    context.err(`${line}\n`);
    const [command = "npm", ...argv] = line.split(" ");
    // npm is a script on Windows, which only a shell starts
    const child = spawn(command, argv, {
      cwd: context.cwd,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    await Promise.race([once(child, "close"), once(child, "error")]);
    requirePeers(platform, peers, context.cwd);
  }
}
