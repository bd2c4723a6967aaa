/**
 * Faults for the loopback registry, and pushes to it that do not wait.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseImageRef } from "../../core/image-ref.ts";
import {
  type PushedImage,
  type PushImageOptions,
  pushImage,
} from "../../oci/registry/push-image.ts";
import type { SampleImage } from "./image-layout.ts";
import type { Fault, LoopbackRegistry } from "./registry.ts";

/** Pushes a sample image to `team/iris:v1`, without pauses. */
export function pushSample(
  registry: Pick<LoopbackRegistry, "host">,
  { layout, image }: SampleImage,
  options: Partial<PushImageOptions> & { readonly to?: string } = {},
): Promise<PushedImage> {
  const { to = "team/iris:v1", ...rest } = options;
  return pushImage({
    source: layout,
    image,
    reference: parseImageRef(`${registry.host}/${to}`),
    retryDelayMs: 0,
    ...rest,
  });
}

/** A fault for the first `times` requests that match `METHOD path`. */
export function faults(pattern: RegExp, times: number, answer: Fault): Fault {
  let left = times;
  return (request, response) => {
    if (left === 0 || !pattern.test(`${request.method} ${request.url}`)) {
      return false;
    }
    left -= 1;
    return answer(request, response);
  };
}

/** Answers with a status and, where given, words. */
export function answering(
  status: number,
  { headers = {}, text }: { headers?: Record<string, string>; text?: string } = {},
): Fault {
  return (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(text);
    return true;
  };
}

/** Closes the connection without an answer. */
export const breakingOff: Fault = (request) => {
  request.destroy();
  return true;
};

/** Takes a part of the body first. */
export function midway(end: (request: IncomingMessage, response: ServerResponse) => void): Fault {
  return (request, response) => {
    request.once("data", () => end(request, response));
    return true;
  };
}

/** The requests that carry a blob's bytes. */
export const PUT_BLOB = /^PUT .*\/blobs\/uploads\//;
