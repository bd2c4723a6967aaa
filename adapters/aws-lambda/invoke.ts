/**
 * Asks one version of a function as its URL would: an HTTP request goes in as an event, the answer comes back as a
 * Response. It is reached with the caller's own right to invoke, nothing is opened for it.
 *
 * @module
 */

import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { functionArn } from "./lambda-place.ts";

/** Longest wait of one call: Lambda's own limit, and a little for its way. */
const MOST_MS = 910_000;
const LOG_LINES = 8;
/** Statuses that have no body. */
const BODILESS: readonly number[] = [204, 205, 304];

const Answer = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(""),
  isBase64Encoded: z.boolean().default(false),
});

const FunctionFailure = z.object({
  errorType: z.string().default("Error"),
  errorMessage: z.string().default(""),
});

/**
 * @param version - a version or an alias
 * @param path - with its query, e.g. `/classify`
 * @throws BentoError BENTO_UNHEALTHY with the function's error and its last lines of log
 */
export async function invokeOverHttp(
  session: AwsSession,
  { functionName, version }: { readonly functionName: string; readonly version: string },
  { path, init = {} }: { readonly path: string; readonly init?: RequestInit | undefined },
): Promise<Response> {
  const lambda = await session.lambda();
  const event = await eventOf(path, init);
  const resource = functionArn(session, functionName, version);
  const signal = init.signal ?? undefined;
  const answer = await awsCall(session, { action: "lambda:InvokeFunction", resource }, (call) =>
    lambda.invoke(
      {
        FunctionName: functionName,
        Qualifier: version,
        LogType: "Tail",
        Payload: Buffer.from(JSON.stringify(event)),
      },
      {
        ...call,
        ...(signal === undefined ? {} : { abortSignal: signal }),
        requestTimeout: MOST_MS,
      },
    ),
  );
  const payload = Buffer.from(answer.Payload ?? []).toString("utf8");
  if (answer.FunctionError !== undefined) {
    throw failure(payload, { log: answer.LogResult, resource });
  }
  return responseOf(payload, resource);
}

/** As a function URL writes it, payload 2.0. */
async function eventOf(path: string, init: RequestInit): Promise<object> {
  const request = new Request(`https://lambda.invalid${path}`, { ...init, signal: null });
  const url = new URL(request.url);
  const body = Buffer.from(await request.arrayBuffer());
  const method = request.method;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: { host: url.host, ...Object.fromEntries(request.headers) },
    requestContext: {
      routeKey: "$default",
      stage: "$default",
      http: { method, path: url.pathname, protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
    },
    ...(body.byteLength === 0 ? {} : { body: body.toString("base64") }),
    isBase64Encoded: body.byteLength > 0,
  };
}

function responseOf(payload: string, resource: string): Response {
  const answer = Answer.safeParse(parsed(payload));
  if (!answer.success) {
    const start = payload.length > 200 ? `${payload.slice(0, 199)}…` : payload;
    throw new BentoError("BENTO_UNHEALTHY", `no HTTP answer: ${start || "(empty)"}`, {
      where: resource,
      hint: "does the function's image hold a bento?",
    });
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer.data;
  const response = new Headers(headers);
  for (const cookie of cookies) {
    response.append("set-cookie", cookie);
  }
  const bytes = isBase64Encoded ? Buffer.from(body, "base64") : body;
  return new Response(BODILESS.includes(statusCode) ? null : bytes, {
    status: statusCode,
    headers: response,
  });
}

function failure(
  payload: string,
  { log, resource }: { readonly log: string | undefined; readonly resource: string },
): BentoError {
  const { errorType, errorMessage } = FunctionFailure.catch({
    errorType: "Error",
    errorMessage: payload,
  }).parse(parsed(payload));
  return new BentoError(
    "BENTO_UNHEALTHY",
    [`${errorType}: ${errorMessage}`, ...lastLines(log)].join("\n"),
    { where: resource, hint: "look at its log: bento deployment logs" },
  );
}

/** Lambda's own lines about a request tell nothing of the service. */
function lastLines(log: string | undefined): string[] {
  return Buffer.from(log ?? "", "base64")
    .toString("utf8")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !/^(?:INIT_START|START|END|REPORT) /.test(line))
    .slice(-LOG_LINES)
    .map((line) => `  ${line}`);
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
