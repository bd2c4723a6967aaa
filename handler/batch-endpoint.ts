/**
 * Answers a `batch` api: rows of several requests share a run, each request gets the results of its own rows.
 *
 * @module
 */
import * as z from "zod";
import { ApiError } from "../core/api-error.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BatchContext, BatchDefinition, BatchRequest, Log } from "../core/endpoint.ts";
import type { Models } from "../core/model-ref.ts";
import { BatchLoop, deadlineOf, maxQueueRowsOf } from "./batch-loop.ts";
import { observerRelay, type Watched } from "./batch-watch.ts";
import type { Slice } from "./batcher.ts";
import { type Endpoint, invalidInput, readInput, writeOutput } from "./call.ts";
import { blamed } from "./callers-fault.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Clock, Timers } from "./clock.ts";
import type { Gate } from "./gate.ts";
import { countRows, shapeOfRow, stackRows, takeRows } from "./rows.ts";

export interface BatchEndpointOptions {
  readonly name: string;
  readonly definition: BatchDefinition;
  /** Runners whose calls go straight to the model: the rows are a batch already. */
  readonly models: BatchContext<Models>["models"];
  readonly log: Log;
  readonly clock?: Clock | undefined;
  readonly timers?: Timers | undefined;
}

interface Member {
  readonly rows: readonly unknown[];
  readonly request: BatchRequest & { readonly cancellation: Cancellation };
}

export interface BatchEndpoint {
  /** Answers with a list of encoded results, or with one alone where callers send one item each. */
  readonly answer: Endpoint;
  readonly batcher: Watched & { readonly gate: Gate };
}

export function batchEndpoint(options: BatchEndpointOptions): BatchEndpoint {
  const { name, definition } = options;
  const { parameter, per, result } = definition;
  const schema = z.strictObject({
    [parameter]: per === "item" ? definition.row : z.array(definition.row),
  });
  const { loop, batcher } = batchLoop(options);
  const where = `apis.${name}.result`;
  const maxRows = maxQueueRowsOf(definition);
  const answer: Endpoint = async (call) => {
    const { body, requestId, arrivedAt, timeLeftMs, headers, cancellation } = call;
    const input = await readInput(schema, [parameter], body);
    const given = input[parameter];
    const rows: readonly unknown[] = per === "item" ? [given] : (given as unknown[]); // the schema is of a list
    checkCount(rows.length, maxRows, parameter);
    const group = commonShape(rows, parameter);
    const request = {
      id: requestId,
      headers,
      cancellation,
      get signal() {
        return cancellation.signal;
      },
    };
    const payload = { rows, request };
    const pieces = await loop.submit({
      rows: rows.length,
      payload,
      group,
      arrivedAt,
      deadlineMs: deadlineOf(timeLeftMs, definition),
      signal: cancellation,
    });
    const results =
      pieces.length === 1 && pieces[0] !== undefined
        ? takeRows(pieces[0].results, pieces[0].from, pieces[0].to)
        : pieces.flatMap(({ results, from, to }) => takeRows(results, from, to));
    refuseFailedRow(results, per);
    const encoded: unknown[] = [];
    for (const value of results) {
      encoded.push(writeOutput(result, value, where));
    }
    const whole = encoded.some((value) => value instanceof Promise)
      ? await Promise.all(encoded)
      : encoded;
    return per === "item" ? whole[0] : whole;
  };
  return { answer, batcher };
}

/** Rows that could never wait for their turn are refused for good, not for now. */
function checkCount(rows: number, maxRows: number, parameter: string): void {
  if (rows === 0) {
    throw invalidInput([{ path: parameter, message: "expected at least 1 row, got 0" }]);
  }
  if (rows > maxRows) {
    const message = `expected at most ${maxRows} rows, got ${rows}; send them in several requests`;
    throw invalidInput([{ path: parameter, message }]);
  }
}

function batchLoop(options: BatchEndpointOptions) {
  const { name, definition, clock, timers } = options;
  const subject = `apis.${name}`;
  const { observer, watch } = observerRelay();
  const loop = new BatchLoop<Member, unknown>({
    subject,
    settings: definition,
    retry: definition.retry,
    observer,
    ...(clock === undefined ? {} : { clock }),
    ...(timers === undefined ? {} : { timers }),
    async execute(batch) {
      const results = await runBatch(options, batch.slices);
      const count = countRows(results);
      if (count === undefined) {
        throw brokenContract(subject, `run gave ${typeof results}, expected a list or a tensor`);
      }
      return { results, count };
    },
    wrongCount: (count, rows) =>
      brokenContract(subject, `run gave ${count} results for ${rows} rows`),
  });
  const batcher: BatchEndpoint["batcher"] = {
    gate: loop,
    isBroken: () => loop.isBroken,
    snapshot: () => loop.snapshot(),
    watch,
  };
  return { loop, batcher };
}

async function runBatch(
  { name, definition, models, log }: BatchEndpointOptions,
  slices: readonly Slice<Member>[],
): Promise<unknown> {
  const requests = slices.map(({ payload }) => payload.request);
  let signal: AbortSignal | undefined;
  const context = {
    models,
    log,
    requests,
    get signal() {
      signal ??= whenAllAbort(requests.map((request) => request.cancellation));
      return signal;
    },
  };
  const rows = stackRows(slices.flatMap(({ payload, from, to }) => payload.rows.slice(from, to)));
  try {
    return await definition.run(rows, context);
  } catch (error) {
    throw blamed(error, [rows], `apis.${name}`);
  }
}

function commonShape(rows: readonly unknown[], parameter: string): string {
  const shape = shapeOfRow(rows[0]);
  if (rows.every((row) => shapeOfRow(row) === shape)) {
    return shape;
  }
  const problems = rows.flatMap((row, index) => {
    const other = shapeOfRow(row);
    const message = `expected shape ${shape} as in the first row, got ${other}`;
    return other === shape ? [] : [{ path: `${parameter}[${index}]`, message }];
  });
  throw invalidInput(problems);
}

/** A row that failed alone fails its caller; one that sent many is told which row it was. */
function refuseFailedRow(results: readonly unknown[], per: "request" | "item"): void {
  const row = results.findIndex((value) => ApiError.isInstance(value));
  const error = results[row];
  if (!ApiError.isInstance(error)) {
    return;
  }
  const { status, message, detail } = error;
  throw per === "item"
    ? error
    : new ApiError(status, message, detail === undefined ? { row } : { row, detail });
}

function brokenContract(subject: string, message: string): BentoError {
  return new BentoError("BENTO_INVALID_SERVICE", message, {
    where: subject,
    hint: "give one result for each row, in their order; an ApiError may stand in a row's place",
  });
}

function whenAllAbort(signals: readonly Cancellation[]): AbortSignal {
  const controller = new AbortController();
  let left = signals.length;
  const leave = () => {
    left -= 1;
    if (left === 0) {
      controller.abort();
    }
  };
  for (const signal of signals) {
    if (signal.aborted) {
      leave();
    } else {
      signal.addEventListener("abort", leave, { once: true });
    }
  }
  return controller.signal;
}
