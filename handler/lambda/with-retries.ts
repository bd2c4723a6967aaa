/**
 * Tries again what failed for a reason that may pass, a little later each time.
 *
 * @module
 */

export interface Retries {
  readonly tries: number;
  /** Before the second try, in milliseconds; twice as long before each further one. */
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * @returns undefined once the signal is aborted
 * @throws what the last try throws
 */
export async function withRetries<T>(
  { tries, firstMs, mostMs }: Retries,
  work: () => Promise<T>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  for (let tried = 1; !isAborted(signal); tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried >= tries && !isAborted(signal)) {
        throw error;
      }
    }
    await wait(Math.min(mostMs, firstMs * 2 ** (tried - 1)), signal);
  }
  return undefined;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener("abort", end, { once: true });
  });
}
