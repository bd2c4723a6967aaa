/**
 * All of a listing at once, for listings that are known to be short. `Array.fromAsync` is younger than the language
 * level that is compiled to.
 *
 * @module
 */

export async function collect<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}
