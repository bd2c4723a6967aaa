/**
 * Finds the service among what a module exports.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import { isService, type Service } from "../core/service.ts";

export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * @param exportName - of the service. @default the default export; failing that, the only service that is exported
 * @throws BentoError BENTO_INVALID_SERVICE that names what the module exports
 */
export function findService(exports: ModuleExports, exportName?: string): Service {
  const found = exports[exportName ?? "default"];
  if (isService(found)) {
    return found;
  }
  const services = Object.entries(exports).filter(([, value]) => isService(value));
  const [only] = services;
  if (exportName === undefined && services.length === 1 && isService(only?.[1])) {
    return only[1];
  }
  throw new BentoError("BENTO_INVALID_SERVICE", describeMiss(exports, exportName), {
    where: "service.ts",
    hint: hintFor(
      services.map(([name]) => name),
      exportName,
    ),
  });
}

function describeMiss(exports: ModuleExports, exportName: string | undefined): string {
  const names = Object.keys(exports);
  const listed = names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`;
  const wanted = exportName ?? "default";
  if (wanted in exports) {
    const name = wanted === "default" ? "the default export" : `the export ${wanted}`;
    return `${name} is ${kindOf(exports[wanted])}, not a service; ${listed}`;
  }
  return exportName === undefined
    ? `the module has no default export; ${listed}`
    : `the module has no export ${JSON.stringify(exportName)}; ${listed}`;
}

function hintFor(services: readonly string[], exportName: string | undefined): string {
  if (services.length === 0) {
    return "write: export default service({ … })";
  }
  const near = exportName === undefined ? undefined : nearest(exportName, services);
  const named = services.map((name) => `service.ts:${name}`);
  return near === undefined
    ? `name one: ${named.join(" or ")}, on the command line or as service: in bentofile.yaml`
    : `did you mean service: service.ts:${near}?`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
