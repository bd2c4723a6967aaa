/**
 * What holds for everything that is a process of this machine, whatever it was started with: it is known by its pid and
 * identity, stopped by signals, and writes its log to a file.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { logLines } from "./log-file.ts";
import { isAlive } from "./process-identity.ts";
import { startProcess } from "./start.ts";
import { stopProcess } from "./stop.ts";

export const asProcess: Pick<Engine, "isAlive" | "stop" | "logs"> = {
  isAlive: (target) => isAlive(target),
  stop: (target) => stopProcess(target),
  logs: (target, options, { signal }) => logLines(target.log, { ...options, signal }),
};

/** The bento itself under this Node. */
export const processEngine: Engine = {
  ...asProcess,
  async check() {},
  async start(request, { ambient, remember }) {
    const started = await startProcess(request, ambient);
    await remember(started);
    return started;
  },
  async release() {},
};
