/**
 * Engines by name.
 *
 * @module
 */
import { bwrapEngine } from "./bwrap.ts";
import { containerEngine } from "./container.ts";
import type { Engine } from "./engine.ts";
import type { LocalEngine } from "./options.ts";
import { processEngine } from "./process-engine.ts";

const ENGINES: Readonly<Record<LocalEngine, Engine>> = {
  process: processEngine,
  bwrap: bwrapEngine,
  podman: containerEngine("podman"),
  docker: containerEngine("docker"),
};

export function engineOf({ engine }: { readonly engine: LocalEngine }): Engine {
  return ENGINES[engine];
}
