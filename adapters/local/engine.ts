/**
 * The port that each way of running a deployment on this machine implements. What is above it knows no engine by name.
 *
 * @module
 */
import type { DeployContext, LogOptions } from "../adapter.ts";
import type { LocalProcess } from "./local-process.ts";

/** What starts: a process without what only its start tells. */
export type StartRequest = Omit<LocalProcess, "pid" | "identity" | "url">;

/** How a process ended. */
export type Stopped = "already-gone" | "drained" | "killed";

/** An engine's surroundings. */
export type EngineContext = Pick<
  DeployContext,
  "name" | "environment" | "home" | "ambient" | "onProgress" | "signal"
>;

export interface StartContext extends EngineContext {
  /** To be called as soon as there is something to stop, so that it is found when this program is killed. */
  readonly remember: (process: LocalProcess) => Promise<void>;
}

export interface Engine {
  /** Whether it can start anything here. @throws BentoError BENTO_UNSUPPORTED with how to install it */
  check(context: EngineContext): Promise<void>;
  /** @throws BentoError BENTO_IO when the system refuses; BENTO_NOT_FOUND when its image is not there */
  start(request: StartRequest, context: StartContext): Promise<LocalProcess>;
  /** True while this very process runs, and not a later one of its pid or name. */
  isAlive(target: LocalProcess, context: EngineContext): Promise<boolean>;
  /** Asks first, so that requests at work end well, and kills after its time. Its log stays readable. */
  stop(target: LocalProcess, context: EngineContext): Promise<Stopped>;
  /** Lines without their ends, oldest first. */
  logs(target: LocalProcess, options: LogOptions, context: EngineContext): AsyncIterable<string>;
  /** Takes away what was made ready for a stopped process alone. Never fails: what stays is a cache. */
  release(target: LocalProcess, context: EngineContext): Promise<void>;
}

/** Where a started process answers. */
export function urlOf({ host, port }: Pick<LocalProcess, "host" | "port">): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
