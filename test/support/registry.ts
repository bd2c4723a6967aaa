/**
 * A registry on a loopback port: serves what it is given and keeps what is pushed over the distribution API, with faults
 * on demand. A manifest is taken only when its repository has every blob that it names.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestOf } from "../../core/digest.ts";

/** Answers a request itself, by returning true. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface LoopbackRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Method, path and authorization of each request, in order. */
  readonly requests: string[];
  /** Asked first for each request. */
  fault: Fault;
  /** Serves bytes as a blob of every repository and, with a media type, as a manifest too. */
  add(bytes: Uint8Array | string, mediaType?: string, tag?: string): Digest;
  /** Serves a JSON document as a manifest. */
  addDocument(document: object, mediaType: string, tag?: string): Digest;
  /** Whether blobs are mounted from other repositories. @default true */
  mounts: boolean;
  /** What a repository has now: blobs by digest, and what its tags mean. */
  content(repository: string): RepositoryContent;
}

export interface RepositoryContent {
  /** Sorted. */
  readonly blobs: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

interface Served {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

interface Repository {
  readonly blobs: Map<string, Served>;
  /** By digest and by tag. */
  readonly manifests: Map<string, Served>;
}

interface Handling {
  readonly registry: LoopbackRegistry;
  readonly repository: Repository;
  readonly all: Map<string, Repository>;
  readonly uploads: Map<string, Buffer>;
}

const EVERY = "";
const OCTETS = "application/octet-stream";

/** Starts a registry; `await using` stops it. */
export async function loopbackRegistry(): Promise<LoopbackRegistry> {
  const all = new Map<string, Repository>();
  const repositoryOf = (name: string): Repository => {
    const found = all.get(name) ?? { blobs: new Map(), manifests: new Map() };
    all.set(name, found);
    return found;
  };
  const uploads = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization;
    requests.push([request.method, request.url, authorization].filter(Boolean).join(" "));
    request.on("error", () => {}); // callers that break off
    if (!registry.fault(request, response)) {
      const [, name = EVERY] =
        /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(request.url ?? "") ?? [];
      void handle({ registry, repository: repositoryOf(name), all, uploads }, request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const registry: LoopbackRegistry = {
    host: `127.0.0.1:${port}`,
    requests,
    fault: () => false,
    mounts: true,
    add(content, mediaType, tag) {
      const bytes = Buffer.from(content);
      const digest = digestOf(bytes);
      const { blobs, manifests } = repositoryOf(EVERY);
      blobs.set(digest, { bytes, mediaType: OCTETS });
      for (const name of mediaType === undefined ? [] : [digest, tag ?? digest]) {
        manifests.set(name, { bytes, mediaType: mediaType ?? "" });
      }
      return digest;
    },
    addDocument: (document, mediaType, tag) =>
      registry.add(canonicalJson(document), mediaType, tag),
    content(name) {
      const { blobs, manifests } = repositoryOf(name);
      const tags = [...manifests].filter(([key]) => !key.startsWith("sha256:"));
      return {
        blobs: [...blobs.keys()].sort(),
        tags: Object.fromEntries(tags.map(([tag, { bytes }]) => [tag, digestOf(bytes)])),
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

async function handle(
  handling: Handling,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "", "http://registry");
  if (request.method === "GET" || request.method === "HEAD") {
    serve(handling, url, response);
    return;
  }
  let body: Buffer;
  try {
    body = Buffer.concat(await Array.fromAsync(request));
  } catch {
    return; // the caller broke off
  }
  if (url.pathname.includes("/manifests/")) {
    takeManifest(handling, url, { request, body, response });
  } else if (request.method === "POST") {
    startUpload(handling, url, response);
  } else {
    takeBytes(handling, url, { request, body, response });
  }
}

function serve({ repository, all }: Handling, url: URL, response: ServerResponse): void {
  const [, kind, name = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  const key = kind === "blobs" ? "blobs" : "manifests";
  const found = repository[key].get(name) ?? all.get(EVERY)?.[key].get(name);
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { bytes, mediaType } = found;
  response.writeHead(200, {
    "content-type": mediaType,
    "content-length": bytes.length,
    "docker-content-digest": digestOf(bytes),
  });
  response.end(bytes);
}

interface Sent {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

function startUpload(
  { registry, repository, all, uploads }: Handling,
  url: URL,
  response: ServerResponse,
) {
  const mount = url.searchParams.get("mount") ?? "";
  const there = all.get(url.searchParams.get("from") ?? EVERY)?.blobs.get(mount);
  if (registry.mounts && there !== undefined) {
    repository.blobs.set(mount, there);
    response.writeHead(201, { "docker-content-digest": mount }).end();
    return;
  }
  const id = `upload-${uploads.size}`;
  uploads.set(id, Buffer.alloc(0));
  response.writeHead(202, { location: `${url.pathname}${id}?_state=a%2Fb%3D` }).end();
}

function takeBytes({ repository, uploads }: Handling, url: URL, { request, body, response }: Sent) {
  const id = url.pathname.split("/").at(-1) ?? "";
  const before = uploads.get(id);
  if (before === undefined || url.searchParams.get("_state") !== "a/b=") {
    refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
    return;
  }
  const bytes = Buffer.concat([before, body]);
  if (request.method === "PATCH") {
    uploads.set(id, bytes);
    response.writeHead(202, { location: request.url, range: `0-${bytes.length - 1}` }).end();
    return;
  }
  uploads.delete(id);
  const digest = url.searchParams.get("digest") ?? "";
  if (digestOf(bytes) !== digest) {
    refuse(response, 400, "DIGEST_INVALID");
    return;
  }
  repository.blobs.set(digest, { bytes, mediaType: OCTETS });
  response.writeHead(201, { "docker-content-digest": digest }).end();
}

function takeManifest({ repository, all }: Handling, url: URL, { request, body, response }: Sent) {
  const document = JSON.parse(body.toString("utf8"));
  const named = [document.config, ...(document.layers ?? [])].filter(Boolean);
  const isThere = ({ digest }: { digest: string }) =>
    repository.blobs.has(digest) || all.get(EVERY)?.blobs.has(digest) === true;
  if (!named.every(isThere)) {
    refuse(response, 400, "MANIFEST_BLOB_UNKNOWN");
    return;
  }
  const digest = digestOf(body);
  const served = { bytes: body, mediaType: request.headers["content-type"] ?? "" };
  repository.manifests.set(digest, served);
  repository.manifests.set(url.pathname.split("/").at(-1) ?? "", served);
  response.writeHead(201, { "docker-content-digest": digest }).end();
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: "no" }] }));
}
