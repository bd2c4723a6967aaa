/**
 * Names one level below a prefix, found by jumping over what lies under each: the cost follows the number of names,
 * not of keys.
 *
 * @module
 */
import type { Driver, WaitOptions } from "./driver.ts";

/** The child's name and the first key under it. */
export interface Child {
  readonly name: string;
  readonly firstKey: string;
}

/** Sorts after every character that a key may have. */
const AFTER_ALL = "~";

export interface ChildrenOptions extends WaitOptions {
  /** Only children behind this one, by name. @default all */
  readonly after?: string | undefined;
}

/** @param prefix - with its trailing slash */
export async function* children(
  driver: Driver,
  prefix: string,
  { after: passed, ...options }: ChildrenOptions = {},
): AsyncGenerator<Child, void> {
  let after: string | undefined = passed === undefined ? "" : `${prefix}${passed}/${AFTER_ALL}`;
  while (after !== undefined) {
    const child = await firstChild(driver, prefix, { after, ...options });
    if (child !== undefined) {
      yield child;
    }
    after = child === undefined ? undefined : `${prefix}${child.name}/${AFTER_ALL}`;
  }
}

async function firstChild(
  driver: Driver,
  prefix: string,
  options: WaitOptions & { after: string },
): Promise<Child | undefined> {
  for await (const { key } of driver.list(prefix, { ...options, limit: 1 })) {
    const [name = ""] = key.slice(prefix.length).split("/");
    return { name, firstKey: key };
  }
  return undefined;
}
