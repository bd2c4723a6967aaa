/**
 * Reads which service is called, by whom and for what, from an HTTP request as the SDKs sign them.
 *
 * @module
 */
import { AwsFailure, type Members, type RawRequest } from "./aws-call.ts";
import { parseLambdaRequest } from "./lambda/routes.ts";
import { parseQuery } from "./query-protocol.ts";

/** `query` answers in XML, the others in JSON; `plain` is passed on unread. */
export type Protocol = "query" | "json" | "rest" | "plain";

export interface ReadRequest {
  readonly service: string;
  readonly action: string;
  readonly protocol: Protocol;
  readonly parameters: Members;
  readonly accessKeyId: string;
  readonly region: string;
}

/**
 * @throws AwsFailure MissingAuthenticationToken for requests that nobody signed
 */
export function readRequest(raw: RawRequest): ReadRequest {
  const { accessKeyId, region, service } = scopeOf(raw);
  return { accessKeyId, region, service, ...operationOf(service, raw) };
}

function scopeOf({ headers, path }: RawRequest) {
  const presigned = new URL(path, "http://aws").searchParams.get("X-Amz-Credential");
  const signed = /Credential=([^,\s]+)/.exec(headers["authorization"] ?? "")?.[1];
  const [accessKeyId = "", , region = "", service = ""] = (signed ?? presigned ?? "").split("/");
  if (service === "") {
    throw new AwsFailure(
      "MissingAuthenticationToken",
      "Request is missing Authentication Token",
      403,
    );
  }
  return { accessKeyId, region, service };
}

function operationOf(service: string, { method, path, headers, body }: RawRequest) {
  if (service === "lambda") {
    return { protocol: "rest" as const, ...parseLambdaRequest(method, path, body) };
  }
  const target = headers["x-amz-target"];
  if (target !== undefined) {
    const parameters: Members = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
    return { protocol: "json" as const, action: target.split(".").at(-1) ?? "", parameters };
  }
  const rpc = /\/service\/[^/]+\/operation\/(\w+)/.exec(path)?.[1];
  if (rpc !== undefined) {
    return { protocol: "plain" as const, action: rpc, parameters: {} };
  }
  const text = method === "GET" ? (path.split("?")[1] ?? "") : body.toString("utf8");
  const { Action: action, Version: _, ...parameters } = parseQuery(text);
  return typeof action === "string"
    ? { protocol: "query" as const, action, parameters }
    : { protocol: "plain" as const, action: `${restVerb(method)}Object`, parameters: {} };
}

function restVerb(method: string): string {
  return method.charAt(0) + method.slice(1).toLowerCase();
}
