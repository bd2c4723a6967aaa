/**
 * The threads of one model. A call waits for an idle one, in order of arrival.
 *
 * @module
 */
import type { RunnerSpec, Tensors } from "./onnx-session.ts";
import { WorkerSlot, type WorkerSlotOptions } from "./worker-slot.ts";

export interface WorkerPoolOptions extends WorkerSlotOptions {
  /** Threads, each with the model in memory. */
  readonly threads: number;
}

/** Whatever runs a model: threads, this thread, a fake in a test. */
export interface ModelHost {
  readonly spec: RunnerSpec;
  /** Calls that run at once. */
  readonly threads: number;
  /** @param inputs - tensors whose memory is given away */
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/**
 * Starts all threads and waits until each has the model.
 *
 * @throws BentoError BENTO_INVALID_MODEL or BENTO_IO when one cannot have it
 */
export async function openWorkerPool(options: WorkerPoolOptions): Promise<ModelHost> {
  const slots = Array.from({ length: options.threads }, () => new WorkerSlot(options));
  const idle = [...slots];
  const waiting: ((slot: WorkerSlot) => void)[] = [];
  const close = async () => {
    await Promise.all(slots.map((slot) => slot.close()));
  };
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
  try {
    const [spec] = await Promise.all(slots.map((slot) => slot.ready()));
    return {
      spec: spec ?? { inputs: [], outputs: [] },
      threads: slots.length,
      async run(inputs) {
        const slot = await take();
        try {
          return await slot.run(inputs);
        } finally {
          giveBack(slot);
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
