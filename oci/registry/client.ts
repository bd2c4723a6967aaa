/**
 * Reads one repository of a registry by the distribution specification, without an account: a Bearer challenge is
 * answered with an anonymous token. What is read is verified by length and digest.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type ByteStream, collect, streamOf } from "../chunks.ts";
import { DOCUMENT_LIMIT_BYTES } from "../layout.ts";
import type { Descriptor } from "../manifest.ts";
import { INDEX_TYPES, MANIFEST_TYPES } from "../media-type.ts";
import { verified } from "../verified.ts";
import { parseChallenge } from "./challenge.ts";
import {
  checkHop,
  get,
  isLoopback,
  show,
  type TransportOptions,
  unreachable,
} from "./transport.ts";

/** A manifest or index as the registry holds it. */
export interface FetchedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export interface RegistryClient {
  /**
   * @param reference - tag or digest
   * @throws BentoError BENTO_NOT_FOUND, BENTO_UNREACHABLE, BENTO_INTEGRITY
   */
  manifest(reference: string): Promise<FetchedDocument>;
  /** A blob's bytes; the stream fails with BENTO_INTEGRITY unless they match, BENTO_UNREACHABLE when it breaks off. */
  blob(descriptor: Descriptor): ByteStream;
}

/** A client for the repository that a reference names. */
export function createRegistryClient(
  ref: Pick<ImageRef, "registry" | "repository">,
  options: TransportOptions = {},
): RegistryClient {
  const base = apiBase(ref);
  let token: string | undefined;

  async function request(path: string, accept: string): Promise<Response> {
    const url = new URL(path, base);
    const ask = () => get(url, { accept, ...bearer(token) }, options);
    let response = await ask();
    if (response.status === 401) {
      await response.body?.cancel();
      token = await fetchToken(url, response.headers.get("www-authenticate"), options);
      response = await ask();
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw refused(url, response.status, ref);
    }
    return response;
  }

  return {
    async manifest(reference) {
      const accept = [...INDEX_TYPES, ...MANIFEST_TYPES].join(", ");
      const response = await request(`manifests/${reference}`, accept);
      const where = formatImageRef(ref);
      const bytes = await collect(bodyOf(response, base), DOCUMENT_LIMIT_BYTES, where);
      const digest = await checkDigest(bytes, reference, where);
      const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
      return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
    },
    async *blob(descriptor) {
      const response = await request(`blobs/${descriptor.digest}`, "application/octet-stream");
      yield* verified(
        bodyOf(response, base),
        descriptor,
        `${formatImageRef(ref)}, ${descriptor.digest}`,
      );
    },
  };
}

/** Docker's own registry answers under another name than images use. */
const HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

function apiBase(ref: Pick<ImageRef, "registry" | "repository">): URL {
  const host = HOSTS[ref.registry] ?? ref.registry;
  const { hostname } = new URL(`http://${host}`);
  return new URL(`${isLoopback(hostname) ? "http" : "https"}://${host}/v2/${ref.repository}/`);
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function fetchToken(
  asked: URL,
  header: string | null,
  options: TransportOptions,
): Promise<string> {
  const challenge = parseChallenge(header);
  const { realm, service, scope } = challenge?.parameters ?? {};
  if (challenge?.scheme !== "bearer" || realm === undefined || !URL.canParse(realm)) {
    throw new BentoError("BENTO_UNREACHABLE", `${asked.host} wants an account`, {
      where: show(asked),
      hint: "only images that anyone may read can be pulled; copy it to a layout and use oci:DIR",
    });
  }
  const url = new URL(realm);
  checkHop(asked, url);
  for (const [name, value] of Object.entries({ service, scope })) {
    if (value !== undefined) {
      url.searchParams.set(name, value);
    }
  }
  const response = await get(url, { accept: "application/json" }, options);
  const bytes = await collect(bodyOf(response, url), DOCUMENT_LIMIT_BYTES, show(url));
  const token = response.ok ? tokenIn(bytes.toString("utf8")) : undefined;
  if (token === undefined) {
    throw new BentoError(
      "BENTO_UNREACHABLE",
      `no token from ${url.host}: status ${response.status}`,
      {
        where: show(url),
        hint: "only images that anyone may read can be pulled; check the image's name",
      },
    );
  }
  return token;
}

function tokenIn(text: string): string | undefined {
  try {
    const answer: { token?: unknown; access_token?: unknown } = JSON.parse(text);
    const token = answer.token ?? answer.access_token;
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** The body, with a broken connection as our error. */
async function* bodyOf(response: Response, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body ?? streamOf();
  } catch (error) {
    throw unreachable(url, error);
  }
}

async function checkDigest(bytes: Buffer, reference: string, where: string): Promise<Digest> {
  const digest = digestOf(bytes);
  if (isDigest(reference)) {
    const expected = { digest: reference, size: bytes.length };
    await collect(verified(streamOf(bytes), expected, where), bytes.length, where);
  }
  return digest;
}

function refused(
  url: URL,
  status: number,
  ref: Pick<ImageRef, "registry" | "repository">,
): BentoError {
  const name = formatImageRef(ref);
  if (status === 404) {
    return new BentoError("BENTO_NOT_FOUND", `${name} has no such image or blob`, {
      where: show(url),
      hint: "check the name, tag and digest",
    });
  }
  return new BentoError("BENTO_UNREACHABLE", `${url.host} answered ${status} for ${name}`, {
    where: show(url),
    hint: status < 500 ? "check the name, and that anyone may read it" : "try again later",
  });
}
