/**
 * Routes without patterns, found by their path: for the apis, whose requests come by the thousand. It is ready with the
 * first route, where Hono's own routers are compiled at the first request.
 *
 * @module
 */
import type { Router } from "hono/router";

/** @returns a router for paths that hold no parameters and no wildcards */
export function staticRouter<T>(): Router<T> {
  const routes = new Map<string, [T, Record<string, never>][]>();
  const keyOf = (method: string, path: string) => `${method} ${path}`;
  return {
    name: "static",
    add(method, path, handler) {
      const key = keyOf(method, path);
      routes.set(key, [...(routes.get(key) ?? []), [handler, {}]]);
    },
    match: (method, path) => [routes.get(keyOf(method, path)) ?? []],
  };
}
