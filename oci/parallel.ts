/**
 * Work on several things at once, never on more than a few.
 *
 * @module
 */

/**
 * Begins in the items' order. The first failure ends it: nothing new is begun, and what is under way is waited for.
 *
 * @param limit - most items worked on at once
 */
export async function eachParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  let failure: { readonly error: unknown } | undefined;
  async function take(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
        waiting.length = 0;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take));
  if (failure !== undefined) {
    throw failure.error;
  }
}
