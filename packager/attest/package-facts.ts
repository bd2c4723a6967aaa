/**
 * What a package.json says of its package, as far as a list of components tells it.
 *
 * @module
 */
import * as z from "zod";

const Facts = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  // an object in packages of a decade ago
  license: z
    .union([z.string(), z.object({ type: z.string() })])
    .optional()
    .catch(undefined),
});

export interface PackageFacts {
  readonly name?: string;
  readonly version?: string;
  /** As it stands there: an SPDX id, an expression or anything. */
  readonly license?: string;
}

/** @param text - of package.json; when it is no JSON object it says nothing */
export function packageFacts(text: string): PackageFacts {
  const { name, version, license } = Facts.safeParse(parseJson(text)).data ?? {};
  const term = typeof license === "object" ? license.type : license;
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(term === undefined || term === "" ? {} : { license: term }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
