/**
 * A registry on a loopback port: serves what it is given over the distribution API, with faults on demand.
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
  /** Serves bytes as a blob and, with a media type, as a manifest too. */
  add(bytes: Uint8Array | string, mediaType?: string, tag?: string): Digest;
  /** Serves a JSON document as a manifest. */
  addDocument(document: object, mediaType: string, tag?: string): Digest;
}

interface Served {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** Starts a registry; `await using` stops it. */
export async function loopbackRegistry(): Promise<LoopbackRegistry> {
  const manifests = new Map<string, Served>();
  const blobs = new Map<string, Served>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization;
    requests.push([request.method, request.url, authorization].filter(Boolean).join(" "));
    if (registry.fault(request, response)) {
      return;
    }
    const [, kind, name = ""] = /\/(manifests|blobs)\/([^/?]+)$/.exec(request.url ?? "") ?? [];
    const found = (kind === "blobs" ? blobs : manifests).get(name);
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": found.mediaType,
      "content-length": found.bytes.length,
    });
    response.end(found.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const registry: LoopbackRegistry = {
    host: `127.0.0.1:${port}`,
    requests,
    fault: () => false,
    add(content, mediaType, tag) {
      const bytes = Buffer.from(content);
      const digest = digestOf(bytes);
      blobs.set(digest, { bytes, mediaType: "application/octet-stream" });
      for (const name of mediaType === undefined ? [] : [digest, tag ?? digest]) {
        manifests.set(name, { bytes, mediaType: mediaType ?? "" });
      }
      return digest;
    },
    addDocument: (document, mediaType, tag) =>
      registry.add(canonicalJson(document), mediaType, tag),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}
