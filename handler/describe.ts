/**
 * What a service is, as plain JSON: what a build needs to know of code that it does not run itself.
 *
 * @module
 */
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { BatchSettings } from "../core/model-ref.ts";
import { type OpenapiDocument, openapiDocument } from "../core/openapi.ts";
import type { Resources, Traffic } from "../core/resources.ts";
import { type SchemaJson, schemaJson } from "../core/schema-json.ts";
import { findService, type ModuleExports } from "./find-service.ts";

/** One model that the service names: by tag in a store, or by a file of the project. */
export interface ModelNeed {
  readonly key: string;
  readonly tag?: string;
  readonly file?: string;
  readonly batch?: BatchSettings;
}

export interface ServiceDescription {
  readonly name: string;
  readonly description?: string;
  readonly models: readonly ModelNeed[];
  readonly apis: BentoManifest["apis"];
  readonly resources: Resources;
  readonly traffic: Traffic;
  /** Variables that must be set where it runs. */
  readonly env: readonly string[];
  readonly openapi: OpenapiDocument;
  readonly schema: SchemaJson;
}

/**
 * Deterministic; runs none of the service's apis.
 *
 * @param exports - of the module that holds the service
 * @param exportName - of the service. @default the default export
 * @throws BentoError BENTO_INVALID_SERVICE when there is none
 */
export function describe(exports: ModuleExports, exportName?: string): ServiceDescription {
  const { definition } = findService(exports, exportName);
  const { name, description, resources = {}, traffic = {}, env = [] } = definition;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    models: Object.entries(definition.models).map(([key, reference]) => ({
      key,
      ...(reference.kind === "model" ? { tag: reference.tag } : { file: reference.file }),
      ...(reference.batch === undefined ? {} : { batch: reference.batch }),
    })),
    apis: Object.entries(definition.apis).map(([api, { kind, description }]) => ({
      name: api,
      kind,
      ...(description === undefined ? {} : { description }),
    })),
    resources,
    traffic,
    env,
    openapi: openapiDocument(definition),
    schema: schemaJson(definition),
  };
}
