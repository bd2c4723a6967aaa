/**
 * What every request has at its two ends, whatever it is for: an id, a line in the access log, its count and time in the
 * metrics, and the headers of its answer.
 *
 * @module
 */
import { type Clock, systemClock } from "./clock.ts";
import { type AccessLog, type ServerLog, silentLog } from "./log.ts";
import type { Metrics, RouteMetrics } from "./metrics/metrics.ts";
import { chooseRequestId, randomRequestId } from "./request-id.ts";

export interface RequestEdgeOptions {
  readonly log?: ServerLog;
  readonly clock?: Clock;
  readonly newRequestId?: () => string;
  readonly metrics: Metrics | undefined;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OpenRequest {
  readonly requestId: string;
  /** Ends the request, once; returns the headers of its answer. */
  close(status: number): Readonly<Record<string, string>>;
}

export interface RequestEdge {
  open(request: {
    /** The path that matched, for the metrics. */
    readonly route: string;
    readonly givenId: string | undefined;
    readonly method: string;
    readonly path: string;
  }): OpenRequest;
}

export function createRequestEdge(options: RequestEdgeOptions): RequestEdge {
  const { log = silentLog, clock = systemClock, newRequestId = randomRequestId } = options;
  const accessLog: AccessLog = log.access ?? ((line) => log.info(line, "request"));
  const routes = new Map<string, RouteMetrics | undefined>();
  const metricsOf = (route: string) => {
    if (!routes.has(route)) {
      routes.set(route, options.metrics?.route(route));
    }
    return routes.get(route);
  };
  return {
    open({ route, givenId, method, path }) {
      const startedAt = clock.now();
      const metrics = metricsOf(route);
      const requestId = chooseRequestId(givenId, newRequestId);
      metrics?.begin();
      return {
        requestId,
        close(status) {
          const elapsedMs = clock.now() - startedAt;
          metrics?.end(status, elapsedMs);
          const durationMs = Math.round(elapsedMs * 1000) / 1000;
          accessLog({ requestId, method, path, status, durationMs });
          return { "x-request-id": requestId, ...options.headers };
        },
      };
    },
  };
}
