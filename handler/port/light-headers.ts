/**
 * The headers of a request as Node has read them, in the shape of fetch's `Headers`. Reading one loads nothing; for the
 * rest there are real ones, made when first asked for.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";

/** Headers by their names in lower case, and all of them as names and values in turn. */
export type HeaderSource = Pick<IncomingMessage, "headers" | "rawHeaders">;

export class LightHeaders implements Headers {
  readonly #source: HeaderSource;
  #real: Headers | undefined;

  constructor(source: HeaderSource) {
    this.#source = source;
  }

  /** A header that was sent several times is one text; Node keeps the first of those that may stand but once. */
  get(name: string): string | null {
    if (this.#real !== undefined) {
      return this.#real.get(name);
    }
    const value: unknown = this.#source.headers[name.toLowerCase()];
    return typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  /** fetch's own: with them comes Node's whole HTTP client, 20 ms of a cold start. */
  get real(): Headers {
    if (this.#real === undefined) {
      this.#real = new Headers();
      const { rawHeaders } = this.#source;
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        this.#real.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
      }
    }
    return this.#real;
  }

  append(name: string, value: string): void {
    this.real.append(name, value);
  }
  delete(name: string): void {
    this.real.delete(name);
  }
  set(name: string, value: string): void {
    this.real.set(name, value);
  }
  getSetCookie(): string[] {
    return this.real.getSetCookie();
  }
  forEach(hear: (value: string, key: string, parent: Headers) => void, self?: unknown): void {
    for (const [key, value] of this.real) {
      hear.call(self, value, key, this);
    }
  }
  keys(): ReturnType<Headers["keys"]> {
    return this.real.keys();
  }
  values(): ReturnType<Headers["values"]> {
    return this.real.values();
  }
  entries(): ReturnType<Headers["entries"]> {
    return this.real.entries();
  }
  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.real.entries();
  }
}
