/**
 * Events that stand for HTTP requests, and answers in the form that their sender reads: function URLs and API Gateway in
 * payload 2.0, API Gateway in payload 1.0, load balancers with single or multiple header values. Which of them it is shows
 * in the event's structure.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";
import { requestUrl } from "../port/request-url.ts";
import { fieldsOf, listOf, textOf } from "./event-fields.ts";

export type HttpForm = "url" | "gateway" | "balancer" | "balancer-multi";

/** A request as its event has it. */
export interface HttpEvent {
  readonly form: HttpForm;
  readonly method: string;
  /** Undefined where path and host make none. */
  readonly url: string | undefined;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined where it is not the base64 that it is said to be. */
  readonly body: Uint8Array | undefined;
}

/** @returns undefined for what is no HTTP request */
export function readHttpEvent(event: unknown): HttpEvent | undefined {
  const fields = fieldsOf(event);
  const context = fieldsOf(fields["requestContext"]);
  const http = fieldsOf(context["http"]);
  if (textOf(http["method"]) !== undefined) {
    return readUrlEvent(fields, context);
  }
  const method = textOf(fields["httpMethod"]);
  if (method === undefined || fields["requestContext"] === undefined) {
    return undefined;
  }
  const isMulti =
    typeof fields["multiValueHeaders"] === "object" && fields["multiValueHeaders"] !== null;
  const isBalancer = context["elb"] !== undefined;
  const headers = isMulti ? joinAll(fields["multiValueHeaders"]) : joinAll(fields["headers"]);
  return {
    form: isBalancer ? (isMulti ? "balancer-multi" : "balancer") : "gateway",
    method,
    url: urlOf(textOf(fields["path"]) ?? "/", queryOf(fields, isBalancer), headers),
    headers,
    body: readBody(fields),
  };
}

function readUrlEvent(
  fields: Readonly<Record<string, unknown>>,
  context: Readonly<Record<string, unknown>>,
): HttpEvent {
  const cookies = listOf(fields["cookies"]).flatMap((cookie) => textOf(cookie) ?? []);
  const headers = {
    ...joinAll(fields["headers"]),
    ...(cookies.length === 0 ? {} : { cookie: cookies.join("; ") }),
  };
  const raw = textOf(fields["rawPath"]) ?? "/";
  const prefix = `/${textOf(context["stage"]) ?? ""}`;
  // a stage with a name stands before the path
  const path = raw === prefix || raw.startsWith(`${prefix}/`) ? raw.slice(prefix.length) : raw;
  const query = textOf(fields["rawQueryString"]) ?? "";
  return {
    form: "url",
    method: textOf(fieldsOf(context["http"])["method"]) ?? "GET",
    url: urlOf(path === "" ? "/" : path, query, headers),
    headers,
    body: readBody(fields),
  };
}

/** Paths come decoded from some senders: what would end one there is no end of it here. */
function urlOf(
  path: string,
  query: string,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const target = path.replaceAll("?", "%3F").replaceAll("#", "%23");
  const url = query === "" ? target : `${target}?${query}`;
  return requestUrl({ url, headers: { host: headers["host"] ?? "lambda" } });
}

function queryOf(fields: Readonly<Record<string, unknown>>, isEncoded: boolean): string {
  const multi = fieldsOf(fields["multiValueQueryStringParameters"]);
  const single = fieldsOf(fields["queryStringParameters"]);
  const given = Object.keys(multi).length > 0 ? multi : single;
  const encode = (text: string) => (isEncoded ? text : encodeURIComponent(text));
  return Object.entries(given)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map(
        (one: unknown) => `${encode(name)}=${encode(textOf(one) ?? "")}`,
      ),
    )
    .join("&");
}

function joinAll(headers: unknown): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(fieldsOf(headers))) {
    const text = Array.isArray(value) ? value.join(", ") : textOf(value);
    if (text !== undefined) {
      joined[name.toLowerCase()] = text;
    }
  }
  return joined;
}

function readBody(fields: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const text = textOf(fields["body"]) ?? "";
  return fields["isBase64Encoded"] === true ? readBase64(text) : Buffer.from(text);
}

/** Node leaves out whatever is no base64; here that is an error. */
function readBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = Buffer.from(text, "base64");
  return text.length % 4 === 0 && bytes.byteLength === (text.length / 4) * 3 - padding
    ? bytes
    : undefined;
}

/** An answer before it has the form of anyone. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string | Uint8Array;
}

/** @returns JSON */
export function writeHttpAnswer(form: HttpForm, answer: WholeAnswer): string {
  const { status, headers, cookies, body } = answer;
  const text = bodyText(answer);
  const content = {
    body: text ?? Buffer.from(body).toString("base64"),
    isBase64Encoded: text === undefined,
  };
  switch (form) {
    case "url":
      return JSON.stringify({
        statusCode: status,
        headers,
        ...(cookies.length === 0 ? {} : { cookies }),
        ...content,
      });
    case "gateway":
      return JSON.stringify({
        statusCode: status,
        headers,
        ...(cookies.length === 0 ? {} : { multiValueHeaders: { "set-cookie": cookies } }),
        ...content,
      });
    case "balancer":
    case "balancer-multi":
      return JSON.stringify({
        statusCode: status,
        statusDescription: `${status} ${STATUS_CODES[status] ?? ""}`.trim(),
        ...(form === "balancer" ? { headers: withLastCookie(headers, cookies) } : {}),
        ...(form === "balancer-multi" ? { multiValueHeaders: inLists(headers, cookies) } : {}),
        ...content,
      });
  }
}

/** A load balancer that takes single values takes one cookie. */
function withLastCookie(headers: WholeAnswer["headers"], cookies: readonly string[]) {
  const last = cookies.at(-1);
  return last === undefined ? headers : { ...headers, "set-cookie": last };
}

function inLists(headers: WholeAnswer["headers"], cookies: readonly string[]) {
  const lists: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    lists[name] = [value];
  }
  return cookies.length === 0 ? lists : { ...lists, "set-cookie": cookies };
}

/** @returns undefined for bytes */
function bodyText({ headers, body }: WholeAnswer): string | undefined {
  if (typeof body === "string") {
    return body;
  }
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  return /^text\/|[/+]json$|[/+]xml$|\/javascript$/.test(type.trim().toLowerCase())
    ? Buffer.from(body).toString("utf8")
    : undefined;
}
