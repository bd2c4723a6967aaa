/**
 * The runner that `run` finds in its context: checks inputs, joins the calls of several requests into one run of the model,
 * and gives each its own rows back.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { BatchSettings, Runner } from "../../core/model-ref.ts";
import { concatRows, sliceRows, type Tensor } from "../../core/tensor.ts";
import { BatchLoop } from "../batch-loop.ts";
import type { Piece, Slice } from "../batcher.ts";
import { checkInputs } from "./check-inputs.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";
import type { ModelHost } from "./worker-pool.ts";

export interface RunOptions {
  /** Aborted: the call is given up; rows that wait leave the queue, rows that run are not waited for. */
  readonly signal?: AbortSignal;
}

export interface LoadedRunner extends Runner {
  readonly spec: RunnerSpec;
  /** Whether calls coalesce. */
  readonly isBatchable: boolean;
  /** Runs these inputs at once and alone, past the batcher: for rows that are a batch already. */
  runAlone(inputs: Tensors, options?: RunOptions): Promise<Tensors>;
  /** Ends the threads; calls at work fail. */
  close(): Promise<void>;
}

export interface CreateRunnerOptions {
  readonly host: ModelHost;
  /** How messages call the model. */
  readonly name: string;
  readonly isBatchable: boolean;
  readonly settings?: BatchSettings | undefined;
}

/** Makes a runner of whatever runs the model. */
export function createRunner(options: CreateRunnerOptions): LoadedRunner {
  const { host, isBatchable } = options;
  const subject = `model ${options.name}`;
  const loop = isBatchable ? rowLoop(options, subject) : callLoop(options, subject);
  const check = (inputs: Tensors) => checkInputs(inputs, host.spec, { isBatchable, subject });
  const runAlone = async (inputs: Tensors, { signal }: RunOptions = {}) => {
    signal?.throwIfAborted();
    check(inputs);
    return abortable(host.run(copyTensors(inputs)), signal);
  };
  return {
    spec: host.spec,
    isBatchable,
    runAlone,
    async run(inputs, runOptions: RunOptions = {}) {
      check(inputs);
      const rows = isBatchable ? (Object.values(inputs)[0]?.dims[0] ?? 0) : 1;
      if (rows === 0) {
        return runAlone(inputs, runOptions); // nothing to share
      }
      const group = isBatchable ? shapeOf(inputs) : "";
      const { signal } = runOptions;
      const pieces = await loop.submit({ rows, payload: inputs, group, signal });
      return isBatchable ? joinPieces(pieces) : (pieces[0]?.results ?? {});
    },
    close: () => host.close(),
  };
}

type Loop = BatchLoop<Tensors, Tensors>;

function rowLoop({ host, settings }: CreateRunnerOptions, subject: string): Loop {
  return new BatchLoop({
    subject,
    settings,
    runners: host.threads,
    async execute(batch) {
      const results = await host.run(joinSlices(batch.slices));
      const odd = Object.values(results).find((output) => output.dims[0] !== batch.rows);
      return { results, count: odd === undefined ? batch.rows : (odd.dims[0] ?? 0) };
    },
    wrongCount: (count, rows) =>
      new BentoError(
        "BENTO_INVALID_MODEL",
        `${rows} rows went into ${subject}, ${count} came out`,
        {
          where: subject,
          hint: "its first axis is not one of rows: import it with a signature that is not batchable",
        },
      ),
  });
}

/** For models that take one call at a time: each call counts as one row and is a batch of its own. */
function callLoop({ host, settings }: CreateRunnerOptions, subject: string): Loop {
  return new BatchLoop({
    subject,
    settings: { ...settings, maxBatchSize: 1, maxWaitMs: 0 },
    runners: host.threads,
    maxQueueRows: 10_000,
    async execute(batch) {
      const [slice] = batch.slices;
      return { results: await host.run(copyTensors(slice?.payload ?? {})), count: 1 };
    },
    wrongCount: (count) => new BentoError("BENTO_BUG", `one call became ${count}`),
  });
}

/** Fresh memory always: what goes to a thread is moved there, and the caller keeps what it gave. */
function joinSlices(slices: readonly Slice<Tensors>[]): Tensors {
  const [first] = slices;
  const names = Object.keys(first?.payload ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const parts = slices.flatMap(({ payload, from, to }) => {
        const whole = payload[name];
        return whole === undefined ? [] : [sliceRows(whole, from, to)];
      });
      const [only] = parts;
      return [
        name,
        parts.length === 1 && only !== undefined ? copyTensor(only) : concatRows(parts),
      ];
    }),
  );
}

function joinPieces(pieces: readonly Piece<Tensors>[]): Tensors {
  const names = Object.keys(pieces[0]?.results ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const parts = pieces.flatMap(({ results, from, to }) => {
        const whole = results[name];
        return whole === undefined ? [] : [sliceRows(whole, from, to)];
      });
      return [name, concatRows(parts)];
    }),
  );
}

function copyTensors(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, whole]) => [name, copyTensor(whole)]),
  );
}

function copyTensor(whole: Tensor): Tensor {
  return { ...whole, data: whole.data.slice() };
}

/** Rows of different shapes cannot stand in one tensor. */
function shapeOf(inputs: Tensors): string {
  return Object.entries(inputs)
    .map(([name, { dims }]) => `${name}:${dims.slice(1).join("x")}`)
    .sort()
    .join(" ");
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
    work.catch(() => {}); // given up, so that no one else hears of its failure
  }
}
