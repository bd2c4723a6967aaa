/**
 * Package URLs: one name for a package of any ecosystem, by which scanners look it up.
 *
 * @module
 */

export interface PackageUrl {
  /** Ecosystem, e.g. `npm`, `deb`, `generic`. */
  readonly type: string;
  /** What names are unique within, e.g. npm's scope with its `@`. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly qualifiers?: Readonly<Record<string, string>>;
}

/** Writes `pkg:type/namespace/name@version?qualifiers`, qualifiers sorted. */
export function formatPackageUrl(url: PackageUrl): string {
  const { type, namespace, name, version, qualifiers = {} } = url;
  const path = [namespace, name].filter((part) => part !== undefined).map(encode);
  const query = Object.entries(qualifiers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encode(value)}`);
  const at = version === undefined ? "" : `@${encode(version)}`;
  return `pkg:${type}/${path.join("/")}${at}${query.length === 0 ? "" : `?${query.join("&")}`}`;
}

/** The name of an npm package, its scope apart. */
export function npmPackageUrl(name: string, version: string): string {
  const [scope, inner] = name.startsWith("@") ? name.split("/") : [undefined, name];
  return formatPackageUrl({ type: "npm", namespace: scope, name: inner ?? name, version });
}

function encode(text: string): string {
  return encodeURIComponent(text);
}
