/**
 * A process that does one thing to a store and kills itself at the n-th step of it: before or after any call of the
 * driver, or between two pieces of a file. Run it with the job as JSON; it prints how many steps there were.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Driver, StreamBody } from "../../model-store/driver.ts";
import { localDriver } from "../../model-store/drivers/local.ts";
import { s3Driver } from "../../model-store/drivers/s3/s3.ts";
import { parseS3Url } from "../../model-store/drivers/s3/s3-place.ts";
import { storeOver } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";

export interface StoreJob {
  readonly operation: "import" | "copy" | "gc";
  /** The model's folder, or the URL of the store that a copy is made from. */
  readonly from?: string;
  /** URL of the store that is changed, or its folder, as an absolute path. */
  readonly to: string;
  readonly version?: string;
  /** The step at which the process dies. @default never */
  readonly killAt?: number;
}

/** The driver of a store's URL or folder, without a cache of its own. */
export function plainDriver(url: string): Driver {
  return url.startsWith("s3:") ? s3Driver(parseS3Url(url)) : localDriver({ root: url });
}

/** A store that takes every readable model for loadable; its clock may be ahead. */
export function plainStore(driver: Driver, aheadMs = 0): Store {
  return storeOver(driver, {
    home: "/dev/null/no-home",
    checkLoad: async () => {},
    now: () => new Date(Date.now() + aheadMs),
  });
}

/** @param wrap - changes the driver of the store that is changed */
export async function doJob(
  job: StoreJob,
  wrap: (driver: Driver) => Driver = (driver) => driver,
): Promise<void> {
  await using to = plainStore(wrap(plainDriver(job.to)));
  const tag = { name: "m", version: job.version ?? "v1" };
  if (job.operation === "gc") {
    await to.collectGarbage({ graceMs: 0 });
  } else if (job.operation === "import") {
    await to.models.save(job.from ?? "", { ...tag, labels: { stage: "dev" } });
  } else {
    await using from = plainStore(plainDriver(job.from ?? ""));
    await from.copyModelTo(to, tag);
  }
}

/** The driver with a step before and after each of its calls and before each piece that is written. */
export function steppingDriver(driver: Driver, step: () => void): Driver {
  const around = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    step();
    const result = await work();
    step();
    return result;
  };
  const stepping = (body: StreamBody): StreamBody => ({
    ...body,
    async *open() {
      for await (const piece of body.open()) {
        step();
        yield piece;
      }
      step();
    },
  });
  return {
    ...driver,
    get: (key, options) => around(() => driver.get(key, options)),
    open: (key, options) => around(() => driver.open(key, options)),
    head: (key, options) => around(() => driver.head(key, options)),
    writtenAt: (key, options) => around(() => driver.writtenAt(key, options)),
    put: (key, body, options) =>
      around(() => driver.put(key, body instanceof Uint8Array ? body : stepping(body), options)),
    delete: (key, options) => around(() => driver.delete(key, options)),
    sweep: (before, options) => around(async () => (await driver.sweep?.(before, options)) ?? 0),
  };
}

async function main(text: string): Promise<void> {
  const job: StoreJob = JSON.parse(text);
  let steps = 0;
  await doJob(job, (driver) =>
    steppingDriver(driver, () => {
      steps += 1;
      if (steps === job.killAt) {
        process.kill(process.pid, "SIGKILL");
      }
    }),
  );
  process.stdout.write(String(steps));
}

const { values } = parseArgs({ options: { job: { type: "string" } }, strict: false });
if (typeof values.job === "string") {
  await main(values.job);
}
