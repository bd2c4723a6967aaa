/**
 * Ends a wait that gives no sign of life.
 *
 * @module
 */

export interface Watchdog {
  /** A sign of life: the wait begins anew. */
  alive(): void;
  /** Nothing is waited for until the next sign of life. */
  pause(): void;
  /** Nothing is waited for any more. */
  stop(): void;
}

/**
 * @param timeoutMs - longest silence, in milliseconds
 * @param onLate - called once, with the reason
 */
export function watchdog(timeoutMs: number, onLate: (error: Error) => void): Watchdog {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const pause = () => clearTimeout(timer);
  const alive = () => {
    clearTimeout(timer);
    if (!isStopped) {
      timer = setTimeout(() => onLate(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    }
  };
  alive();
  return {
    alive,
    pause,
    stop() {
      isStopped = true;
      pause();
    },
  };
}
