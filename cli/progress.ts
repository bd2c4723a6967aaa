/**
 * Draws progress events on stderr: a line for each finished step, and on a terminal a running one.
 *
 * @module
 */
import type { OnProgress } from "../core/progress.ts";
import { formatBytes, formatDuration } from "../core/units.ts";
import type { CliContext } from "./context.ts";

const CLEAR_LINE = "\r\u001b[K";

/** @param isQuiet - nothing is drawn, for `--json` and `-q` */
export function drawProgress(context: CliContext, isQuiet = false): OnProgress {
  if (isQuiet) {
    return () => {};
  }
  const draft = (text: string) => {
    if (context.isTerminal) {
      context.err(`${CLEAR_LINE}${text}`);
    }
  };
  const line = (text: string) => context.err(`${context.isTerminal ? CLEAR_LINE : ""}${text}\n`);
  return (event) => {
    if (event.kind === "step-start") {
      draft(`… ${event.step}`);
    } else if (event.kind === "step-progress") {
      const total = event.totalBytes === undefined ? "" : ` of ${formatBytes(event.totalBytes)}`;
      draft(`… ${event.step}  ${formatBytes(event.doneBytes)}${total}`);
    } else if (event.kind === "step-end") {
      const detail = event.detail === undefined ? "" : `  ${event.detail}`;
      line(`✓ ${event.step}  ${formatDuration(event.durationMs)}${detail}`);
    } else {
      line(`! ${event.message}`);
    }
  };
}
