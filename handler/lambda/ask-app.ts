/**
 * Asks the app without port or socket: a request made of an event's parts, and an answer of which nothing is converted that
 * need not be.
 *
 * @module
 */
import type { App } from "../app.ts";
import type { Caller } from "../caller.ts";
import { lightRequest } from "../port/light-request.ts";
import { lightOf } from "../port/light-response.ts";
import type { WholeAnswer } from "./http-event.ts";

export interface AppRequest {
  readonly method: string;
  readonly url: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Longest that the answer may take, in milliseconds. */
  readonly timeLeftMs: number;
}

export type AskApp = (request: AppRequest) => Promise<Response>;

/** Lambda never says that a caller has gone. */
const STAYING: Caller = { hasGone: false, onGone: () => () => {} };

export function askApp(app: Pick<App, "fetch">): AskApp {
  return ({ method, url, headers, body, timeLeftMs }) => {
    const request = lightRequest({
      method,
      url,
      source: {
        headers,
        get rawHeaders() {
          return Object.entries(headers).flat();
        },
      },
      open: () => ({ signal: new AbortController().signal, body: new Uint8Array(body) }),
    });
    return app.fetch(request, { whole: { body, caller: STAYING, timeLeftMs } });
  };
}

/** Takes an answer in whole. */
export async function readWhole(response: Response): Promise<WholeAnswer> {
  const light = lightOf(response);
  if (light !== undefined) {
    const { status, headers, body } = light;
    return { status, headers, cookies: [], body };
  }
  return { ...headOf(response), body: new Uint8Array(await response.arrayBuffer()) };
}

/** An answer without its body. */
export function headOf(response: Response): Omit<WholeAnswer, "body"> {
  const light = lightOf(response);
  if (light !== undefined) {
    return { status: light.status, headers: light.headers, cookies: [] };
  }
  const headers = Object.fromEntries(response.headers);
  delete headers["set-cookie"];
  return { status: response.status, headers, cookies: response.headers.getSetCookie() };
}
