/**
 * A model on the event loop's own thread, for those whose run is shorter than the way to another thread.
 *
 * @module
 */
import { BufferPool } from "./buffer-pool.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { memoryOf } from "./worker-messages.ts";
import type { ModelHost } from "./worker-pool.ts";

export function inlineHost(session: OnnxSession): ModelHost {
  const memory = new BufferPool();
  return {
    spec: session.spec,
    threads: 1,
    memory,
    async run(inputs) {
      const outputs = await session.run(inputs);
      const results = memoryOf(outputs);
      for (const block of memoryOf(inputs)) {
        if (!results.includes(block)) {
          memory.give(block);
        }
      }
      return outputs;
    },
    close: () => session.close(),
  };
}
