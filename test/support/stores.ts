/**
 * Stores for tests: a clock that ticks a second a call, and no onnxruntime unless a test asks for it.
 *
 * @module
 */
import type { Driver } from "../../model-store/driver.ts";
import { localDriver } from "../../model-store/drivers/local.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { storeOver } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";
import { onnxFile } from "./onnx-file.ts";

/** 2026-01-01T00:00:01Z at the first call, a second more at each further one. */
export function tickingClock(): () => Date {
  let seconds = 0;
  return () => {
    seconds += 1;
    return new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
  };
}

export interface TestStoreOptions {
  /** @default a new memory driver */
  readonly driver?: Driver;
  /** For what is unpacked. @default a folder that cannot be made */
  readonly home?: string;
}

/** A store that takes every readable ONNX file for loadable. */
export function testStore({ driver = memoryDriver(), home }: TestStoreOptions = {}): Store {
  return storeOver(driver, {
    home: home ?? "/dev/null/no-home",
    now: tickingClock(),
    checkLoad: async () => {},
  });
}

/** The same in a folder. */
export function localTestStore(home: string): Store {
  return testStore({ driver: localDriver({ root: home }), home });
}

/** A small model whose bytes differ by `seed`. */
export function modelBytes(seed: string | number = ""): Buffer {
  return onnxFile({ producer: `test ${seed}` });
}

/**
 * A driver whose calls that change something fail from the `failAt`-th on, before or after they took effect, as if
 * the process had died there.
 */
export function dyingDriver(
  driver: Driver,
  { failAt, isAfter }: { failAt: number; isAfter: boolean },
): Driver & { readonly writes: number } {
  let writes = 0;
  return {
    ...driver,
    get writes() {
      return writes;
    },
    async put(key, body, options) {
      writes += 1;
      if (writes >= failAt && isAfter && writes === failAt) {
        await driver.put(key, body, options);
      }
      if (writes >= failAt) {
        throw new Error("killed");
      }
      return await driver.put(key, body, options);
    },
  };
}
