/**
 * One place for a worker thread with the model in it. A thread that dies fails the calls it had and is replaced; nothing
 * waits for a thread that is gone.
 *
 * @module
 */
import type { Worker } from "node:worker_threads";
import { BentoError } from "../../core/bento-error.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";
import {
  memoryOf,
  type WorkerDone,
  type WorkerInput,
  type WorkerReply,
  type WorkerRequest,
} from "./worker-messages.ts";

/** Told how long the model ran, as timed where it ran, in milliseconds. */
export type OnTimed = (runMs: number) => void;

export interface WorkerSlotOptions {
  readonly input: WorkerInput;
  /** Module of the thread. */
  readonly workerUrl: URL;
  /** Is given the memory of inputs back. */
  readonly memory?: BufferPool | undefined;
  /** A thread died that had not been closed. */
  onDeath?(error: BentoError): void;
}

interface Pending extends PromiseWithResolvers<Tensors> {
  readonly onTimed: OnTimed | undefined;
}

interface Thread {
  readonly worker: Worker;
  readonly ready: Promise<RunnerSpec>;
  readonly pending: Map<number, Pending>;
}

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  #thread: Thread | undefined;
  #nextId = 0;
  #isClosed = false;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
  }

  /**
   * Starts the thread where there is none and waits until it has the model.
   *
   * @throws BentoError BENTO_INVALID_MODEL or BENTO_IO when it cannot have it
   */
  async ready(): Promise<RunnerSpec> {
    if (this.#isClosed) {
      throw closedError(this.#options.input.path);
    }
    this.#thread ??= this.#start();
    return this.#thread.ready;
  }

  /**
   * Runs the model once.
   *
   * @param inputs - tensors whose memory is given away: it is moved to the thread
   * @param onTimed - called before it resolves
   * @throws BentoError BENTO_IO when the thread dies, BENTO_INVALID_MODEL when the model fails on these inputs
   */
  async run(inputs: Tensors, onTimed?: OnTimed): Promise<Tensors> {
    await this.ready();
    const thread = this.#thread;
    if (thread === undefined) {
      throw diedError(this.#options.input.path, "it ended before the call");
    }
    this.#nextId += 1;
    const request: WorkerRequest = { id: this.#nextId, inputs };
    const waiting = { ...Promise.withResolvers<Tensors>(), onTimed };
    thread.pending.set(request.id, waiting);
    thread.worker.ref();
    try {
      thread.worker.postMessage(request, memoryOf(inputs));
      return await waiting.promise;
    } finally {
      thread.pending.delete(request.id);
      if (thread.pending.size === 0) {
        thread.worker.unref(); // an idle model keeps no process alive
      }
    }
  }

  /** Ends the thread; calls that it has fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.worker.terminate();
  }

  #start(): Thread {
    const { input, workerUrl } = this.#options;
    // loaded by the first thread, not by those who need none
    const threads = process.getBuiltinModule("node:worker_threads");
    const worker = new threads.Worker(workerUrl, { workerData: input, name: "onnx" });
    const ready = Promise.withResolvers<RunnerSpec>();
    ready.promise.catch(() => {}); // whoever waits hears of it
    const thread: Thread = { worker, ready: ready.promise, pending: new Map() };
    let lastError: unknown;
    worker.on("message", (reply: WorkerReply) => this.#hear(thread, ready, reply));
    worker.on("error", (error) => {
      lastError = error;
    });
    worker.on("exit", (code) => {
      const reason = lastError instanceof Error ? lastError.message : `exit code ${code}`;
      this.#bury(thread, ready, reason);
    });
    return thread;
  }

  #hear(thread: Thread, ready: PromiseWithResolvers<RunnerSpec>, reply: WorkerReply): void {
    switch (reply.kind) {
      case "ready":
        ready.resolve(reply.spec);
        if (thread.pending.size === 0) {
          thread.worker.unref();
        }
        break;
      case "refused": {
        const { code, message, where, hint } = reply.failure;
        ready.reject(new BentoError(code, message, { where, hint }));
        void thread.worker.terminate();
        break;
      }
      case "done":
        this.#takeBack(reply.spent);
        this.#finish(thread.pending.get(reply.id), reply);
        break;
      case "failed":
        this.#takeBack(reply.spent);
        thread.pending.get(reply.id)?.reject(this.#modelError(reply.message));
        break;
    }
  }

  #finish(waiting: Pending | undefined, { runMs, outputs }: WorkerDone): void {
    if (runMs !== undefined) {
      waiting?.onTimed?.(runMs);
    }
    waiting?.resolve(outputs);
  }

  #takeBack(spent: readonly ArrayBuffer[] = []): void {
    for (const block of spent) {
      this.#options.memory?.give(block);
    }
  }

  #bury(thread: Thread, ready: PromiseWithResolvers<RunnerSpec>, reason: string): void {
    const { path } = this.#options.input;
    const error = this.#isClosed ? closedError(path) : diedError(path, reason);
    if (this.#thread === thread) {
      this.#thread = undefined; // the next call starts another
    }
    ready.reject(error);
    for (const waiting of thread.pending.values()) {
      waiting.reject(error);
    }
    if (!this.#isClosed) {
      this.#options.onDeath?.(error);
    }
  }

  #modelError(message: string): BentoError {
    return new BentoError("BENTO_INVALID_MODEL", `the model failed: ${message}`, {
      where: this.#options.input.path,
      hint: "run it on these inputs alone, in the framework that made it, to see whether it is the model or the data",
    });
  }
}

function diedError(path: string, reason: string): BentoError {
  return new BentoError("BENTO_IO", `the thread of the model ended: ${reason}`, {
    where: path,
    hint: "a new one is started; if it ends again, give the service more memory",
  });
}

function closedError(path: string): BentoError {
  return new BentoError("BENTO_IO", "the model has been closed", { where: path });
}
