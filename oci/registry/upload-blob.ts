/**
 * Brings one blob into a repository: looked for first, then mounted from another repository, then sent in one PUT with
 * its length, which every registry takes. A try that fails begins a new upload with the blob's first byte.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { formatImageRef } from "../../core/image-ref.ts";
import type { ByteStream } from "../chunks.ts";
import type { ExpectedContent } from "../verified.ts";
import type { OutgoingBody } from "./exchange.ts";
import { show } from "./hop.ts";
import { markPassing, type Passing, retrying } from "./retry.ts";
import type { Session } from "./session.ts";
import { type Reply, resolveLocation } from "./transport.ts";

/** A blob that can be read more than once. */
export interface UploadSource extends ExpectedContent {
  /** Starts at the first byte each time. */
  open(): ByteStream;
}

export interface UploadOptions {
  /** Repositories of the same registry that may have it, tried in order. @default none */
  readonly mountFrom?: readonly string[] | undefined;
  /** Hears how many bytes of this try are sent. */
  readonly onSent?: ((doneBytes: number) => void) | undefined;
}

/** What it took: nothing, a word, or all of its bytes. */
export type UploadOutcome = "exists" | "mounted" | "uploaded";

/** Storage behind a registry may take its time with the last byte. */
const UPLOAD_TIMEOUT_MS = 300_000;
const OCTETS = "application/octet-stream";

/**
 * @throws BentoError BENTO_NOT_FOUND without the repository, BENTO_UNREACHABLE when the registry refuses or breaks off
 * three times, BENTO_INTEGRITY when the bytes are not what their digest says
 */
export async function uploadBlob(
  session: Session,
  blob: UploadSource,
  options: UploadOptions = {},
): Promise<UploadOutcome> {
  if ((await blobSize(session, blob.digest)) === blob.size) {
    return "exists";
  }
  return await retrying(session.options, async (after, attempt) => {
    if (isWorthALook(after, attempt) && (await blobSize(session, blob.digest)) === blob.size) {
      return "uploaded";
    }
    const started = await startUpload(session, blob, attempt === 1 ? options.mountFrom : []);
    if (started === "mounted") {
      return "mounted";
    }
    await sendWhole(session, { location: started, blob, onSent: options.onSent });
    return "uploaded";
  });
}

/** @returns undefined when the repository has no such blob; -1 when it does not say how long it is */
export async function blobSize(session: Session, digest: Digest): Promise<number | undefined> {
  const reply = await session.ask({ method: "HEAD", to: `blobs/${digest}`, expect: [200, 404] });
  reply.discard();
  if (reply.status === 404) {
    return undefined;
  }
  return Number(reply.headers["content-length"] ?? -1);
}

/** After a lost answer the blob may be there; asked once, so that a regular fault does not meet each try. */
function isWorthALook(after: Passing | undefined, attempt: number): boolean {
  return after?.isLost === true && attempt === 2;
}

async function startUpload(
  session: Session,
  { digest }: UploadSource,
  mountFrom: readonly string[] = [],
): Promise<URL | "mounted"> {
  let opened: URL | undefined;
  for (const from of mountFrom) {
    const answer = await tryMount(session, digest, from);
    if (answer === "mounted") {
      return answer;
    }
    opened ??= answer;
  }
  if (opened !== undefined) {
    return opened;
  }
  const reply = await session.ask({
    method: "POST",
    to: "blobs/uploads/",
    expect: [202],
    body: emptyBody(),
  });
  return locationOf(session, reply);
}

/** @returns undefined when it did not work, whatever the reason; some registries open an upload instead */
async function tryMount(
  session: Session,
  digest: Digest,
  from: string,
): Promise<URL | "mounted" | undefined> {
  const query = new URLSearchParams({ mount: digest, from });
  try {
    const reply = await session.ask({
      method: "POST",
      to: `blobs/uploads/?${query}`,
      expect: [201, 202],
      alsoRead: [from],
      isRepeated: false,
      body: emptyBody(),
    });
    if (reply.status === 202) {
      return locationOf(session, reply);
    }
    reply.discard();
    return hasDigest(reply, digest) ? "mounted" : undefined;
  } catch (error) {
    session.options.signal?.throwIfAborted();
    if (BentoError.isInstance(error)) {
      return undefined;
    }
    throw error;
  }
}

interface WholeUpload {
  readonly location: URL;
  readonly blob: UploadSource;
  readonly onSent: UploadOptions["onSent"];
}

async function sendWhole(session: Session, { location, blob, onSent }: WholeUpload): Promise<void> {
  const reply = await session.ask({
    method: "PUT",
    to: withDigest(location, blob.digest),
    headers: { "content-type": OCTETS },
    body: { size: blob.size, open: () => counted(blob.open(), onSent) },
    // an upload that is unknown or out of step is begun anew
    expect: [200, 201, 202, 204, 404, 416],
    timeoutMs: UPLOAD_TIMEOUT_MS,
    isRepeated: false,
  });
  reply.discard();
  const name = formatImageRef(session.ref);
  if (reply.status === 404 || reply.status === 416) {
    const error = new BentoError(
      "BENTO_UNREACHABLE",
      `${reply.url.host} lost an upload to ${name}: status ${reply.status}`,
      { where: show(reply.url), hint: "try again later" },
    );
    throw markPassing(error, { isLost: false });
  }
  if (!hasDigest(reply, blob.digest)) {
    const got = reply.headers["docker-content-digest"];
    const error = new BentoError("BENTO_INTEGRITY", `${name} keeps ${got}, not ${blob.digest}`, {
      where: show(reply.url),
      hint: "push again; when it repeats, the registry is broken",
    });
    throw markPassing(error, { isLost: false });
  }
}

/**
 * Sends bytes whose digest is known only at the end: in one PATCH without a range, then the closing PUT. Not every
 * registry takes it (Artifact Registry does not), and what was sent cannot be sent again.
 *
 * @param source - read once
 * @param digestOfAll - called when the source has ended
 */
export async function uploadStream(
  session: Session,
  source: ByteStream,
  digestOfAll: () => Digest,
): Promise<void> {
  const started = await startUpload(session, { digest: "sha256:", size: 0, open: () => source });
  if (started === "mounted") {
    return;
  }
  const patched = await session.ask({
    method: "PATCH",
    to: started,
    headers: { "content-type": OCTETS },
    body: { size: undefined, open: () => source },
    // 201 with a Range that stands still is ECR's; the closing digest is the proof
    expect: [201, 202, 204],
    timeoutMs: UPLOAD_TIMEOUT_MS,
    isRepeated: false,
  });
  patched.discard();
  const next = patched.headers.location === undefined ? started : locationOf(session, patched);
  const closed = await session.ask({
    method: "PUT",
    to: withDigest(next, digestOfAll()),
    body: emptyBody(),
    expect: [200, 201, 204],
    timeoutMs: UPLOAD_TIMEOUT_MS,
  });
  closed.discard();
}

function emptyBody(): OutgoingBody {
  return {
    size: 0,
    async *open() {},
  };
}

function locationOf(session: Session, reply: Reply): URL {
  reply.discard();
  const { location } = reply.headers;
  if (location === undefined) {
    throw new BentoError(
      "BENTO_UNREACHABLE",
      `${reply.url.host} takes an upload and does not say where`,
      { where: formatImageRef(session.ref), hint: "check that it is an image registry" },
    );
  }
  return resolveLocation(location, reply.url);
}

/** The rest of the query stays as the registry wrote it: it may be signed. */
function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  const added = `digest=${encodeURIComponent(digest)}`;
  url.search = url.search === "" ? added : `${url.search.slice(1)}&${added}`;
  return url;
}

/** Whether an answer is about this blob; one that does not say is believed, the manifest is checked at the end. */
function hasDigest(reply: Reply, digest: Digest): boolean {
  const said = reply.headers["docker-content-digest"];
  return typeof said !== "string" || !isDigest(said) || said === digest;
}

async function* counted(
  source: ByteStream,
  onSent: UploadOptions["onSent"],
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const chunk of source) {
    yield chunk;
    doneBytes += chunk.length;
    onSent?.(doneBytes);
  }
}
