/**
 * Asks a bundled service what it is. The user's code runs in a process of its own: it may throw, print, hang or exit,
 * and the build still ends with a sentence that says so.
 *
 * @module
 */
import { dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { BentoError, ERROR_CODES, type ErrorCode } from "../core/bento-error.ts";
import { Resources, Traffic } from "../core/resources.ts";
import { formatDuration } from "../core/units.ts";
import { type BundleRun, runBundle } from "./run-bundle.ts";

const BatchSettings = z.object({
  maxBatchSize: z.number().optional(),
  maxLatencyMs: z.number().optional(),
  maxWaitMs: z.number().optional(),
});

/** What handler/describe.ts answers. */
export const ServiceDescription = z.object({
  name: z.string(),
  description: z.string().optional(),
  models: z.array(
    z.object({
      key: z.string(),
      tag: z.string().optional(),
      file: z.string().optional(),
      batch: BatchSettings.optional(),
    }),
  ),
  apis: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["api", "batch"]),
      description: z.string().optional(),
    }),
  ),
  resources: Resources,
  traffic: Traffic,
  env: z.array(z.string()),
  openapi: z.looseObject({}),
  schema: z.looseObject({}),
});
export type ServiceDescription = z.infer<typeof ServiceDescription>;

const Answer = z.union([
  z.object({ description: ServiceDescription }),
  z.object({
    error: z.object({
      code: z.string().optional(),
      message: z.string(),
      where: z.string().optional(),
      hint: z.string().optional(),
      stack: z.string().optional(),
    }),
  }),
]);

export interface DescribeOptions {
  /** The source as the user knows it, for messages. */
  readonly source: string;
  /** @default 30 000 */
  readonly timeLimitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Node's exit code when nothing is left to do and a top-level `await` still waits. */
const UNSETTLED_AWAIT = 13;

/**
 * @param bundleFile - absolute path of the bundle's service.js
 * @throws BentoError BENTO_INVALID_SERVICE when the code throws, exits or does not come to an end in time
 */
export async function describeService(
  bundleFile: string,
  { source, timeLimitMs = 30_000, signal }: DescribeOptions,
): Promise<ServiceDescription> {
  const run = await runBundle(bundleFile, { timeLimitMs, signal });
  if (run.answer === "") {
    throw new BentoError("BENTO_INVALID_SERVICE", `the service ${endOf(run, timeLimitMs)}`, {
      where: source,
      hint: "keep the top level of service.ts to definitions; work at start belongs into onStart",
    });
  }
  const parsed = Answer.parse(JSON.parse(run.answer));
  if ("description" in parsed) {
    return parsed.description;
  }
  const { code, message, where, hint, stack } = parsed.error;
  const frame = firstOwnFrame(stack, bundleFile);
  if (code !== undefined && code in ERROR_CODES) {
    const place = [frame, where].filter((part) => part !== undefined).join(", ") || source;
    throw new BentoError(code as ErrorCode, message, { where: place, hint });
  }
  throw new BentoError(
    "BENTO_INVALID_SERVICE",
    `the service threw while it was loaded: ${message}`,
    {
      where: frame ?? source,
      hint: `mend ${frame === undefined ? "that file" : "the line named above"}; nothing was built`,
    },
  );
}

function endOf({ exitCode, isTooLate, stderr }: BundleRun, timeLimitMs: number): string {
  if (isTooLate) {
    return `did not load in ${formatDuration(timeLimitMs)}`;
  }
  if (exitCode === UNSETTLED_AWAIT) {
    return "awaits something at its top level that never comes";
  }
  const how =
    exitCode === null
      ? "was killed while it was loaded"
      : `ended the process (exit code ${exitCode})`;
  return stderr === "" ? how : `${how}\n${stderr}`;
}

/** `service.ts:12:3` of the first frame that lies in the user's own sources. */
function firstOwnFrame(stack: string | undefined, bundleFile: string): string | undefined {
  const root = dirname(bundleFile);
  const frames = (stack ?? "").matchAll(/^ +at .*?((?:file:\/\/)?\/.+?):(\d+:\d+)\)?$/gm);
  for (const [, file = "", place] of frames) {
    const path = relative(root, file.startsWith("file:") ? fileURLToPath(file) : file);
    const [folder = ""] = path.split(sep);
    const isBundle = folder === "service.js" || /-[A-Z0-9]{8}\.js$/.test(folder);
    const isOwn =
      !isBundle && !["..", ".bento-bundle", "bentokit", "node_modules"].includes(folder);
    if (isOwn) {
      return `${path}:${place}`;
    }
  }
  return undefined;
}
