/**
 * The runner that `run` finds in its context: checks inputs, joins the calls of several requests into one run of the model,
 * and gives each its own rows back.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { BatchSettings, Runner } from "../../core/model-ref.ts";
import type { Padding } from "../../core/padding.ts";
import { concatRows, sliceRows } from "../../core/tensor.ts";
import type { Submission } from "../batch-call.ts";
import { BatchLoop, deadlineOf, maxQueueRowsOf } from "../batch-loop.ts";
import { observerRelay, type Watched } from "../batch-watch.ts";
import type { BatchObserver, Piece } from "../batcher.ts";
import { withFaults } from "../callers-fault.ts";
import type { CostModel } from "../cost-model.ts";
import type { Gate } from "../gate.ts";
import { BufferPool } from "./buffer-pool.ts";
import { checkInputs } from "./check-inputs.ts";
import type { Flow } from "./fair-share.ts";
import { copyTensors, joinRows, lengthOf, trimOutputs } from "./join-rows.ts";
import { lengthBucket } from "./length-bucket.ts";
import { withMask } from "./make-mask.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";
import type { ModelHost } from "./worker-pool.ts";

export interface RunOptions {
  /** Aborted: the call is given up; rows that wait leave the queue, rows that run are not waited for. */
  readonly signal?: AbortSignal | undefined;
  /** When the process got the caller, by the clock: its time to an answer began then. @default now */
  readonly arrivedAt?: number | undefined;
  /** Longest to the answer from then, in milliseconds. @default the model's `maxLatencyMs`, which is never exceeded */
  readonly timeLeftMs?: number | undefined;
  /** Told when the call is refused by the batcher. */
  onRefused?(): void;
}

export interface LoadedRunner extends Runner, Watched {
  /** The batcher's. */
  readonly gate: Gate;
  run(inputs: Tensors, options?: RunOptions): Promise<Tensors>;
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
  /** How rows of different lengths share a batch. @default they do not */
  readonly padding?: Padding | undefined;
  /** The gate that it shares with other models. @default none */
  readonly flow?: Flow | undefined;
  /** What batches cost. @default learned from batches alone */
  readonly costModel?: CostModel;
}

/** Makes a runner of whatever runs the model. */
export function createRunner(options: CreateRunnerOptions): LoadedRunner {
  const { isBatchable, padding } = options;
  const subject = `model ${options.name}`;
  const memory = options.host.memory ?? new BufferPool();
  const host = { ...options.host, memory, run: throughGate(options) };
  const { observer, watch } = observerRelay();
  const loop = (isBatchable ? rowLoop : callLoop)({ ...options, host, observer }, subject);
  const check = (inputs: Tensors) =>
    checkInputs(inputs, host.spec, { isBatchable, subject, padding });
  const runAlone = async (given: Tensors, { signal }: RunOptions = {}) => {
    signal?.throwIfAborted();
    const inputs = withMask(given, host.spec, padding);
    check(inputs);
    return abortable(host.run(copyTensors(inputs, memory)), signal);
  };
  const groupOf = shapeGroups(host.spec, padding);
  const maxRows = maxQueueRowsOf(options.settings);
  return {
    spec: host.spec,
    isBatchable,
    runAlone,
    async run(given: Tensors, runOptions: RunOptions = {}) {
      const inputs = withMask(given, host.spec, padding);
      check(inputs);
      const rows = isBatchable ? rowsOf(inputs) : 1;
      if (isBatchable && rows > maxRows) {
        throw tooManyRows(rows, maxRows, subject);
      }
      const length = lengthOf(inputs, padding);
      if (rows === 0 || length === 0) {
        return runAlone(inputs, runOptions); // nothing to share
      }
      const { signal, arrivedAt, timeLeftMs, onRefused } = runOptions;
      const pieces = await loop.submit({
        rows,
        payload: inputs,
        ...(isBatchable ? groupOf(inputs) : {}),
        signal,
        arrivedAt,
        deadlineMs: deadlineOf(timeLeftMs, options.settings),
        onRefused,
        units: length ?? 1,
      });
      const outputs = isBatchable ? joinPieces(pieces) : (pieces[0]?.results ?? {});
      return padding === undefined || length === undefined
        ? outputs
        : trimOutputs(outputs, { spec: host.spec, padding, length });
    },
    gate: loop,
    isBroken: () => loop.isBroken,
    snapshot: () => loop.snapshot(),
    watch,
    close: () => host.close(),
  };
}

/** Most cells along rows and length, padding included, in one batch of a model with padding. */
const MAX_UNITS = 16_384;

/** Rows that could never wait for their turn are refused for good, not for now. */
function tooManyRows(rows: number, maxRows: number, subject: string): BentoError {
  const message = `${rows} rows are more than the ${maxRows} that ${subject} ever queues`;
  const error = new BentoError("BENTO_INVALID_INPUT", message, {
    where: subject,
    hint: "send them in several requests, or raise maxBatchSize",
  });
  return withFaults(error, ["data"]);
}

type Loop = BatchLoop<Tensors, Tensors>;
type PooledHost = ModelHost & { readonly memory: BufferPool };
type LoopOptions = CreateRunnerOptions & {
  readonly host: PooledHost;
  readonly observer: BatchObserver;
};

/** Batches wait for their turn among those of other models, where they share the cores. */
function throughGate({ host, flow }: CreateRunnerOptions): ModelHost["run"] {
  const run: ModelHost["run"] = (inputs, onTimed) => host.run(inputs, onTimed);
  return flow === undefined
    ? run
    : (inputs, onTimed) => flow.run(rowsOf(inputs), () => run(inputs, onTimed));
}

function rowsOf(inputs: Tensors): number {
  for (const name in inputs) {
    return inputs[name]?.dims[0] ?? 0;
  }
  return 0;
}

function rowLoop(options: LoopOptions, subject: string): Loop {
  const { host, settings, costModel, padding, observer } = options;
  const { memory } = host;
  return new BatchLoop({
    subject,
    observer,
    settings,
    runners: host.threads,
    maxUnits: padding === undefined ? undefined : MAX_UNITS,
    ...(costModel === undefined ? {} : { costModel }),
    async execute(batch) {
      let runMs: number | undefined;
      const results = await host.run(joinRows(batch.slices, { memory, padding }), (timedMs) => {
        runMs = timedMs;
      });
      const odd = Object.values(results).find((output) => output.dims[0] !== batch.rows);
      return { results, count: odd === undefined ? batch.rows : (odd.dims[0] ?? 0), runMs };
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
function callLoop({ host, settings, observer }: LoopOptions, subject: string): Loop {
  return new BatchLoop({
    subject,
    observer,
    settings: { ...settings, maxBatchSize: 1, maxWaitMs: 0 },
    runners: host.threads,
    maxQueueRows: 10_000,
    async execute(batch) {
      const [slice] = batch.slices;
      return { results: await host.run(copyTensors(slice?.payload ?? {}, host.memory)), count: 1 };
    },
    wrongCount: (count) => new BentoError("BENTO_BUG", `one call became ${count}`),
  });
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

/** Which calls may share a batch; those of one family when there is little else to share it with. */
type Groups = Pick<Submission<Tensors>, "group" | "family">;

/** Rows of different shapes cannot stand in one tensor; those of nearly the same length may be padded to one. */
function shapeGroups(spec: RunnerSpec, padding: Padding | undefined): (inputs: Tensors) => Groups {
  const padded = Object.keys(padding?.values ?? {});
  const open = spec.inputs.filter(({ dims }) =>
    dims.some((axis, at) => at > 0 && typeof axis === "string"),
  );
  if (open.length === 0) {
    return () => ({});
  }
  const describe = (inputs: Tensors, lengthOfPadded: (length: number) => string) =>
    open
      .map(({ name }) => {
        const [, length = 0, ...rest] = inputs[name]?.dims ?? [];
        return [padded.includes(name) ? lengthOfPadded(length) : length, ...rest].join("x");
      })
      .join(" ");
  return (inputs) => {
    const group = describe(inputs, (length) => `~${lengthBucket(length)}`);
    return padded.length === 0 ? { group } : { group, family: describe(inputs, () => "~") };
  };
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
