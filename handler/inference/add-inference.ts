/**
 * The paths of the Open Inference Protocol (v2, with its binary extension) for the apis that are made of tensors: health,
 * metadata, infer.
 *
 * @module
 */
import type { Hono } from "hono";
import type { ServiceDefinition } from "../../core/service.ts";
import { type TensorApi, tensorApiOf } from "../../core/tensor-api.ts";
import type { AnswerCalls, AppEnv } from "../answer-calls.ts";
import { refuseMethod } from "../built-ins.ts";
import type { Clock } from "../clock.ts";
import type { EarlyRefusals } from "../early-refusals.ts";
import { whileReading } from "../gate.ts";
import type { ServerLog } from "../log.ts";
import { withFields } from "../log.ts";
import { ModelGate } from "../model-gate.ts";
import { respondJson } from "../port/light-response.ts";
import { readBytes } from "../read-body.ts";
import { readRequest } from "./read-request.ts";
import { infer, metadataOf } from "./tensor-api.ts";

export interface AddInferenceOptions {
  readonly definition: ServiceDefinition;
  /** Of each api. */
  readonly gates: ReadonlyMap<string, ModelGate>;
  readonly refusals: EarlyRefusals;
  readonly clock: Clock;
  readonly version: string;
  readonly maxBytes: number;
  readonly log: ServerLog;
}

/** Adds `POST /v2/models/<api>/infer` for each api that is made of tensors. */
export function addInference(
  hono: Hono<AppEnv>,
  answering: AnswerCalls,
  options: AddInferenceOptions,
): void {
  for (const api of tensorApis(options.definition)) {
    for (const path of pathsOf(api, options.version)) {
      const route = `${path}/infer`;
      const gate = options.gates.get(api.name) ?? new ModelGate({});
      options.refusals.add(route, gate);
      hono.post(route, answering(route, inferenceOf(api, gate, options)));
    }
  }
}

/** Adds the rest: health, and what server and apis are. */
export function addInferenceDocuments(
  hono: Hono<AppEnv>,
  options: Pick<AddInferenceOptions, "definition" | "version"> & {
    readonly readyz: () => Response | Promise<Response>;
  },
): readonly string[] {
  const { definition, version, readyz } = options;
  const apis = tensorApis(definition);
  const server = { name: definition.name, version, extensions: ["binary_tensor_data"] };
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    "/v2": () => respondJson(server),
    "/v2/health/live": () => respondJson({ live: true }),
    "/v2/health/ready": readyz,
    ...Object.fromEntries(
      apis.flatMap((api) =>
        pathsOf(api, version).flatMap((path) => [
          [path, () => respondJson(metadataOf(api, version))],
          [`${path}/ready`, readyz],
        ]),
      ),
    ),
  };
  for (const [path, answer] of Object.entries(answers)) {
    hono.get(path, answer);
    hono.all(path, () => refuseMethod("GET, HEAD"));
  }
  const inferPaths = apis.flatMap((api) => pathsOf(api, version).map((path) => `${path}/infer`));
  for (const path of inferPaths) {
    hono.all(path, () => refuseMethod("POST"));
  }
  return [...Object.keys(answers), ...inferPaths];
}

function tensorApis(definition: ServiceDefinition): TensorApi[] {
  return Object.entries(definition.apis).flatMap(([name, endpoint]) => {
    const api = tensorApiOf(name, endpoint);
    return api === undefined ? [] : [api];
  });
}

function pathsOf(api: TensorApi, version: string): string[] {
  const path = `/v2/models/${api.name}`;
  return [path, `${path}/versions/${version}`];
}

function inferenceOf(
  api: TensorApi,
  gate: ModelGate,
  { maxBytes, log, clock }: AddInferenceOptions,
): Parameters<AnswerCalls>[1] {
  return async ({ request, bindings, requestId, arrivedAt, timeLeftMs, cancellation }) => {
    const { headers } = request;
    const body = await whileReading(gate, () => readBytes(request, { maxBytes, bindings }));
    const length = headers.get("inference-header-content-length");
    const inference = readRequest(body, length, api.inputs);
    const visit = gate.visit({ waitedMs: clock.now() - arrivedAt, timeLeftMs }, clock);
    const context = {
      models: visit.models,
      requestId,
      headers,
      get log() {
        return withFields(log, { requestId });
      },
      get signal() {
        return cancellation.signal;
      },
    };
    return infer(api, inference, (inputs) =>
      visit.follow(() => api.definition.run(inputs, context)),
    );
  };
}
