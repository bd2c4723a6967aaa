/**
 * Calls a service over HTTP, typed by the service itself: `createClient<typeof service>(url).classify({ features })`.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Endpoint, TensorTypes } from "../core/endpoint.ts";
import type { Service } from "../core/service.ts";
import { inference, type Tensors } from "./infer.ts";
import { type CallOptions, type ClientOptions, type Outgoing, send } from "./send.ts";

/**
 * One function for each api: takes the request's JSON object, gives the bare reply. One that is made of tensors alone has
 * another as its `tensors`, which takes and gives tensors and sends them as bytes.
 */
export type Client<S> =
  S extends Service<infer E>
    ? {
        readonly [K in keyof E]: E[K] extends Endpoint<infer I, infer O, infer T>
          ? Call<I, O> & (T extends TensorTypes ? { readonly tensors: TensorCall<T> } : unknown)
          : never;
      }
    : never;

type Call<I, O> = (input: I, options?: CallOptions) => Promise<O>;
type TensorCall<T extends TensorTypes> = Call<T["input"], T["output"]>;

/**
 * Makes a client. No request is sent until an api is called; calls throw BentoClientError when the service answers with an
 * error, BentoError BENTO_UNREACHABLE when there is no answer, and the signal's reason when it is aborted.
 *
 * @param url - of the service's root; a path in it is kept
 * @throws BentoError BENTO_INVALID_INPUT when it is no http URL
 */
export function createClient<S extends Service>(
  url: string | URL,
  options: ClientOptions = {},
): Client<S> {
  const root = parseRoot(url);
  const call = (api: string) =>
    Object.assign(
      async (input: unknown, callOptions: CallOptions = {}) =>
        send(jsonCall(new URL(api, root), input), options, callOptions),
      {
        tensors: async (inputs: Tensors, callOptions: CallOptions = {}) =>
          send(inference(root, api, inputs), options, callOptions),
      },
    );
  const client = new Proxy(
    {},
    {
      // a client that is awaited, printed or compared is not asked for an api
      get: (_, name) => (typeof name === "string" && name !== "then" ? call(name) : undefined),
    },
  );
  return client as Client<S>; // each name is typed by S, which exists in types alone
}

function parseRoot(url: string | URL): URL {
  const text = String(url);
  const root = URL.parse(text.endsWith("/") ? text : `${text}/`);
  if (root === null || !/^https?:$/.test(root.protocol)) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `not the URL of a service: ${JSON.stringify(text)}`,
      {
        hint: "write it whole, e.g. http://127.0.0.1:3000",
      },
    );
  }
  return root;
}

function jsonCall(url: URL, input: unknown): Outgoing<unknown> {
  return {
    url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
    read: (response) => readAnswer(response, url),
  };
}

async function readAnswer(response: Response, url: URL): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BentoError(
      "BENTO_UNREACHABLE",
      `the answer is not JSON (status ${response.status})`,
      {
        where: url.href,
        hint: "check that the URL is the service's own",
        cause,
      },
    );
  }
}
