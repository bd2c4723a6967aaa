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
export function npmPackageUrl(name: string, version: string | undefined): string {
  const [scope, inner] = name.startsWith("@") ? name.split("/") : [undefined, name];
  return formatPackageUrl({ type: "npm", namespace: scope, name: inner ?? name, version });
}

/**
 * An image by digest.
 *
 * @param name - as a user names it, with or without tag and digest; of `oci:DIR` the folder counts
 */
export function imageUrl(
  { name, digest }: { readonly name: string; readonly digest: string },
  qualifiers: Readonly<Record<string, string>> = {},
): string {
  const bare = name.replace(/^oci:/, "").replace(/@.*$/, "");
  const slash = bare.lastIndexOf("/");
  const last = bare.slice(slash + 1).replace(/:.*$/, "");
  const place = slash < 0 ? {} : { repository_url: `${bare.slice(0, slash + 1)}${last}` };
  return formatPackageUrl({
    type: "oci",
    name: last.toLowerCase(),
    version: digest,
    qualifiers: { ...qualifiers, ...place },
  });
}

function encode(text: string): string {
  return encodeURIComponent(text);
}
