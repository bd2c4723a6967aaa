/**
 * Ends a wait for work that knows no signal.
 *
 * @module
 */

/**
 * The work's value, or the signal's reason once that is aborted; the work itself goes on then, and what becomes of it is
 * nobody's any more.
 *
 * @throws the signal's reason, or what the work throws
 */
export async function unlessAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) {
    return await work;
  }
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
    work.catch(() => {}); // told already, or nobody waits
  }
}
