/**
 * What the layers of an image hold that others made: Debian packages, npm packages with their files, and Node. Read
 * from the layers themselves, so that it is what is there and not what was meant; known by digest from then on.
 *
 * @module
 */
import * as z from "zod";
import { Digest, digestOf } from "../../core/digest.ts";
import { collect } from "../../oci/chunks.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { layerArchive } from "../../oci/layer-archive.ts";
import type { OciLayout } from "../../oci/layout.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { readTar, type UntarEntry } from "../../oci/untar.ts";
import { hashFile, nodeVersionIn } from "./hash-file.ts";
import { packageFacts } from "./package-facts.ts";

const FoundFile = z.strictObject({ path: z.string(), digest: Digest });

export const LayerContents = z.strictObject({
  system: z.strictObject({ id: z.string(), version: z.string() }).optional(),
  debs: z.array(
    z.strictObject({ name: z.string(), version: z.string(), architecture: z.string() }),
  ),
  packages: z.array(
    z.strictObject({
      folder: z.string(),
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
      files: z.array(FoundFile),
    }),
  ),
  nodes: z.array(FoundFile.extend({ version: z.string().optional() })),
});
export type LayerContents = z.infer<typeof LayerContents>;

/** Changes when other things are read from the same bytes. */
const FORMAT = 1;

/** @param memo - keeps what was found; without it the layer is read each time */
export async function layerContents(
  layout: OciLayout,
  layer: Descriptor,
  memo?: DocumentMemo | undefined,
): Promise<LayerContents> {
  const find = () => readContents(layout, layer);
  const key = digestOf(`layer contents ${FORMAT} ${layer.digest}`);
  return memo === undefined ? find() : memo.remember(key, LayerContents, find);
}

type Package = LayerContents["packages"][number];

interface Findings {
  system: LayerContents["system"];
  readonly debs: Map<string, LayerContents["debs"][number]>;
  readonly packages: Map<string, Package>;
  readonly nodes: LayerContents["nodes"];
}

async function readContents(layout: OciLayout, layer: Descriptor): Promise<LayerContents> {
  const archive = layerArchive(layout.readBlob(layer), layer.mediaType);
  const found: Findings = { system: undefined, debs: new Map(), packages: new Map(), nodes: [] };
  for await (const entry of readTar(archive, { links: "rootfs" })) {
    if (entry.kind === "file") {
      await readFile(entry, found);
    }
  }
  const { system, debs, packages, nodes } = found;
  return {
    ...(system === undefined ? {} : { system }),
    debs: sorted([...debs.values()], ({ name, architecture }) => `${name}:${architecture}`),
    packages: sorted([...packages.values()], ({ folder }) => folder).map((one) => ({
      ...one,
      files: sorted(one.files, ({ path }) => path),
    })),
    nodes: sorted(nodes, ({ path }) => path),
  };
}

/** Longer ones are no lists of packages. */
const TEXT_LIMIT_BYTES = 16 * 1024 * 1024;

/** Shorter ones are scripts that start Node. */
const NODE_BYTES = 1024 * 1024;

async function readFile(entry: UntarEntry, found: Findings): Promise<void> {
  const { path } = entry;
  const [, folder, inside] =
    /^(app\/(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(path) ?? [];
  if (/^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+(?<!\.md5sums))$/.test(path)) {
    for (const deb of installedDebs(await textOf(entry))) {
      found.debs.set(`${deb.name}:${deb.architecture}`, deb);
    }
  } else if (/^(?:etc|usr\/lib)\/os-release$/.test(path)) {
    found.system ??= systemOf(await textOf(entry));
  } else if (/(?:^|\/)bin\/node$/.test(path) && entry.size > NODE_BYTES) {
    const search = nodeVersionIn(entry.content());
    const digest = await hashFile(search.bytes);
    const version = search.version();
    found.nodes.push({ path, digest, ...(version === undefined ? {} : { version }) });
  } else if (folder !== undefined && inside !== undefined) {
    await readPackageFile(entry, { folder, inside }, found);
  }
}

async function readPackageFile(
  entry: UntarEntry,
  { folder, inside }: { readonly folder: string; readonly inside: string },
  found: Findings,
): Promise<void> {
  const known: Package = found.packages.get(folder) ?? { folder, files: [] };
  if (inside === "package.json") {
    const text = await textOf(entry);
    found.packages.set(folder, {
      ...packageFacts(text),
      folder,
      files: [...known.files, { path: entry.path, digest: digestOf(text) }],
    });
  } else {
    const digest = await hashFile(entry.content());
    found.packages.set(folder, { ...known, files: [...known.files, { path: entry.path, digest }] });
  }
}

/** Paragraphs of dpkg's list; those that are removed and only configured do not count. */
function installedDebs(text: string): LayerContents["debs"] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) =>
      new RegExp(`^${name}: *(.+)$`, "m").exec(paragraph)?.[1]?.trim();
    const [name, version] = [field("Package"), field("Version")];
    const isThere = (field("Status") ?? "installed").split(" ").at(-1) === "installed";
    return name === undefined || version === undefined || !isThere
      ? []
      : [{ name, version, architecture: field("Architecture") ?? "all" }];
  });
}

function systemOf(text: string): LayerContents["system"] {
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]+)"?$`, "m").exec(text)?.[1];
  const [id, version] = [field("ID"), field("VERSION_ID")];
  return id === undefined ? undefined : { id, version: version ?? "unknown" };
}

async function textOf(entry: UntarEntry): Promise<string> {
  return (await collect(entry.content(), TEXT_LIMIT_BYTES, entry.path)).toString("utf8");
}

function sorted<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
