/**
 * The base of images when nobody names one.
 *
 * @module
 */

/** Distroless Node 24 on Debian 12, an index pinned by digest. */
export const DEFAULT_BASE =
  "gcr.io/distroless/nodejs24-debian12:nonroot@sha256:14d42e2511532589a7c7e01a753667a74fcc96266e137e8125006b87b0c32d0a";

/** Where that image has Node. */
export const DISTROLESS_NODE = "/nodejs/bin/node";
