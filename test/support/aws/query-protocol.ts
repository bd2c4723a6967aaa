/**
 * AWS's query protocol: parameters as `A.member.1.B=c` in a form, answers as XML.
 *
 * @module
 */
import type { Members } from "./aws-call.ts";

type Tree = { [key: string]: Tree | string };

/** @param body - `Action=…&Tags.member.1.Key=…` @returns lists as arrays, all values as strings */
export function parseQuery(body: string): Record<string, unknown> {
  const tree: Tree = {};
  for (const [name, value] of new URLSearchParams(body)) {
    put(tree, name.split("."), value);
  }
  const parsed = listsOf(tree);
  return typeof parsed === "object" ? (parsed as Record<string, unknown>) : {};
}

/** The inverse, for calls that are passed on. */
export function formatQuery(action: string, parameters: Members, version: string): string {
  const form = new URLSearchParams({ Action: action, Version: version });
  for (const [name, value] of Object.entries(parameters)) {
    flatten(form, name, value);
  }
  return form.toString();
}

/** @returns `<ActionResponse><ActionResult>…` as services answer */
export function formatXml(action: string, members: Members, requestId: string): string {
  const result = `<${action}Result>${xmlOf(members)}</${action}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${action}Response>${result}${metadata}</${action}Response>`;
}

export function formatXmlError(code: string, message: string, requestId: string): string {
  const error = `<Error><Type>Sender</Type>${xmlOf({ Code: code, Message: message })}</Error>`;
  return `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function put(tree: Tree, path: readonly string[], value: string): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const below = tree[first];
  const branch = typeof below === "object" ? below : {};
  tree[first] = branch;
  put(branch, rest, value);
}

function listsOf(tree: Tree | string): unknown {
  if (typeof tree === "string") {
    return tree;
  }
  const list = tree["member"] ?? tree["entry"];
  if (list !== undefined && Object.keys(tree).length === 1) {
    return typeof list === "string" ? [] : Object.values(list).map(listsOf);
  }
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, listsOf(value)]));
}

function flatten(form: URLSearchParams, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      flatten(form, `${name}.member.${index + 1}`, item);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      flatten(form, `${name}.${key}`, item);
    }
  } else if (value !== undefined && value !== null) {
    form.append(name, String(value));
  }
}

function xmlOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((item) => `<member>${xmlOf(item)}</member>`).join("");
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => `<${name}>${xmlOf(item)}</${name}>`)
      .join("");
  }
  return escapeXml(String(value ?? ""));
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#xD;");
}
