/**
 * Signature Version 4, checked as AWS does: a wrong secret, or anything changed on the way, does not get through.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import type { RawRequest } from "./aws-call.ts";

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<scope>[^,]+),\s*SignedHeaders=(?<names>[^,]+),\s*Signature=(?<signature>[0-9a-f]{64})$/;

/** Requests signed in their URL are taken as they are. */
export function isSignedWith(secret: string, raw: RawRequest): boolean {
  const { authorization } = raw.headers;
  if (authorization === undefined) {
    return true;
  }
  const parts = AUTHORIZATION.exec(authorization)?.groups;
  if (parts === undefined) {
    return false;
  }
  const { scope = "", names = "", signature } = parts;
  const canonical = hex(canonicalRequest(raw, names, scope.split("/")[2] ?? ""));
  const text = ["AWS4-HMAC-SHA256", raw.headers["x-amz-date"], scope, canonical].join("\n");
  const key = scope.split("/").reduce<Buffer | string>(hmac, `AWS4${secret}`);
  return hmac(key, text).toString("hex") === signature;
}

function canonicalRequest(raw: RawRequest, names: string, service: string): string {
  const url = new URL(raw.path, "http://aws");
  const lines = names.split(";").map((name) => {
    const value = (raw.headers[name] ?? "").trim().replaceAll(/\s+/g, " ");
    return `${name}:${value}\n`;
  });
  return [
    raw.method,
    // all services but S3 encode the path once more
    service === "s3" ? url.pathname : url.pathname.split("/").map(encoded).join("/"),
    canonicalQuery(raw.path),
    lines.join(""),
    names,
    raw.headers["x-amz-content-sha256"] ?? hex(raw.body),
  ].join("\n");
}

function canonicalQuery(path: string): string {
  const [, query = ""] = path.split(/\?(.*)/s);
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      return `${encoded(decodeURIComponent(name))}=${encoded(decodeURIComponent(value))}`;
    })
    .sort()
    .join("&");
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function hex(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
