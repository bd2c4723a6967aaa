/**
 * The threads of one model. A call waits for an idle one, in order of arrival. The first is there when the pool is; the
 * others come up behind it, and take calls as they do.
 *
 * @module
 */
import { BufferPool } from "./buffer-pool.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";
import { type OnTimed, WorkerSlot, type WorkerSlotOptions } from "./worker-slot.ts";

export interface WorkerPoolOptions extends Omit<WorkerSlotOptions, "memory"> {
  /** Threads, each with the model in memory. */
  readonly threads: number;
}

/** Whatever runs a model: threads, this thread, a fake in a test. */
export interface ModelHost {
  readonly spec: RunnerSpec;
  /** Calls that run at once. */
  readonly threads: number;
  /** Where memory for inputs is best taken from; after a run it is there again. */
  readonly memory?: BufferPool;
  /**
   * @param inputs - tensors whose memory is given away
   * @param onTimed - called before it resolves, by a host that can tell
   */
  run(inputs: Tensors, onTimed?: OnTimed): Promise<Tensors>;
  /** Resolves when all that may run at once can. @default they can from the start */
  settled?(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts all threads and waits until the first has the model.
 *
 * @throws BentoError BENTO_INVALID_MODEL, BENTO_UNSUPPORTED or BENTO_IO when it cannot have it
 */
export async function openWorkerPool(options: WorkerPoolOptions): Promise<ModelHost> {
  const memory = new BufferPool();
  const slots = Array.from(
    { length: options.threads },
    () => new WorkerSlot({ ...options, memory }),
  );
  const [first, ...others] = slots;
  const spec = (await first?.ready()) ?? { inputs: [], outputs: [] };
  const idle: WorkerSlot[] = first === undefined ? [] : [first];
  const waiting: ((slot: WorkerSlot) => void)[] = [];
  const take = async () =>
    idle.pop() ?? new Promise<WorkerSlot>((resolve) => void waiting.push(resolve));
  const giveBack = (slot: WorkerSlot) => {
    const next = waiting.shift();
    if (next === undefined) {
      idle.push(slot);
    } else {
      next(slot);
    }
  };
  // one that could not start tries again with its first call, which then hears of it
  const starting = others.map((slot) =>
    slot.ready().then(
      () => giveBack(slot),
      () => giveBack(slot),
    ),
  );
  return {
    spec,
    memory,
    threads: slots.length,
    async settled() {
      await Promise.all(starting);
    },
    async run(inputs, onTimed) {
      const slot = await take();
      try {
        return await slot.run(inputs, onTimed);
      } finally {
        giveBack(slot);
      }
    },
    async close() {
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}
