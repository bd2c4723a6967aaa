/**
 * Reads the models of a service as a user wrote them. Whether they exist is the store's to say, later.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { checkModelBatch } from "./endpoint-check.ts";
import { unknownKeys } from "./option-check.ts";
import { show } from "./show.ts";
import { parseTag } from "./tag.ts";

/** @returns a line for each problem, starting with `models` */
export function checkModels(models: unknown): string[] {
  if (models === undefined) {
    return [];
  }
  if (typeof models !== "object" || models === null || Array.isArray(models)) {
    return [`models: expected an object of model(…), got ${show(models)}`];
  }
  return Object.entries(models).flatMap(([key, value]) => [
    ...checkKey(key),
    ...checkModel(`models.${key}`, value),
  ]);
}

/** Keys stand in a header of every answer, which takes no other letters. */
function checkKey(key: string): string[] {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(key)
    ? []
    : [`models: expected names of letters, digits, _ and -, got ${show(key)}`];
}

function checkModel(where: string, value: unknown): string[] {
  const ref: Readonly<Record<string, unknown>> =
    typeof value === "object" && value !== null ? { ...value } : {};
  const known = ["kind", "batch", "threads", ref["kind"] === "model" ? "tag" : "file"];
  if (ref["kind"] !== "model" && ref["kind"] !== "model-file") {
    return [
      `${where}: expected model("name:version") or model.file("./m.onnx"), got ${show(value)}`,
    ];
  }
  const problems = ref["kind"] === "model" ? checkTag(where, ref["tag"]) : checkFile(where, ref);
  return [
    ...problems,
    ...unknownKeys(where, Object.keys(ref), known),
    ...checkThreads(`${where}.threads`, ref["threads"]),
    ...(ref["batch"] === undefined ? [] : checkModelBatch(`${where}.batch`, ref["batch"])),
  ];
}

function checkThreads(where: string, threads: unknown): string[] {
  const isFine = typeof threads === "number" && Number.isInteger(threads) && threads > 0;
  return threads === undefined || isFine
    ? []
    : [`${where}: expected a whole number of threads from 1, got ${show(threads)}`];
}

function checkTag(where: string, tag: unknown): string[] {
  if (typeof tag !== "string") {
    return [`${where}: expected a tag, e.g. model("iris:latest"), got ${show(tag)}`];
  }
  try {
    parseTag(tag);
    return [];
  } catch (error) {
    if (!BentoError.isInstance(error)) {
      throw error;
    }
    return [`${where}: ${error.message}; ${error.hint}`];
  }
}

function checkFile(where: string, { file }: Readonly<Record<string, unknown>>): string[] {
  return typeof file === "string" && file !== ""
    ? []
    : [`${where}: expected a file, e.g. model.file("./m.onnx"), got ${show(file)}`];
}
