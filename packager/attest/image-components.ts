/**
 * Everything that an image is made of, as an SBOM lists it: what its layers hold of others, what the bento's bundle was
 * made of, and the models.
 *
 * @module
 */
import type { BentoManifest, BentoModel } from "../../core/bento-manifest.ts";
import type { Digest } from "../../core/digest.ts";
import { formatPackageUrl, imageUrl, npmPackageUrl } from "../../oci/attest/package-url.ts";
import type { SbomComponent, SbomContent } from "../../oci/attest/sbom.ts";
import type { BundledPackage } from "./bundled-packages.ts";
import type { LayerContents } from "./layer-contents.ts";

export interface ImageParts {
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** E.g. amd64. */
  readonly architecture: string;
  readonly manifest: BentoManifest;
  readonly bundled: readonly BundledPackage[];
  /** Of all layers but the models' and the app's, lowest first. */
  readonly contents: readonly LayerContents[];
  /** The image that the others lie on. */
  readonly base: { readonly name: string; readonly digest: Digest };
  /** Version of this toolkit that makes the image. */
  readonly toolVersion: string;
}

/** An image in the words of an SBOM. Pure. */
export function imageComponents(parts: ImageParts): SbomContent {
  const { digest, architecture, manifest, contents, base, toolVersion } = parts;
  const { name, version } = manifest;
  const components = [
    ...systemComponents(contents),
    {
      kind: "container",
      id: "base",
      name: base.name,
      version: base.digest,
      digest: base.digest,
      purl: imageUrl(base, { arch: architecture }),
    } as const,
    ...contents.flatMap(({ nodes }) => nodes.map(nodeComponent)),
    ...nativePackages(contents),
    npmComponent({ name: "bentokit", version: manifest.runtime.bentokit, license: "Apache-2.0" }),
    ...parts.bundled.map((one) => npmComponent(one)),
    ...distinctModels(manifest).map(modelComponent),
  ];
  return {
    subject: {
      kind: "container",
      id: "image",
      name,
      version,
      digest,
      purl: imageUrl({ name, digest }, { arch: architecture }),
      properties: { "bentokit:bento": `${name}:${version}` },
    },
    tool: { name: "bentokit", version: toolVersion },
    components: [...new Map(components.map((one) => [one.id, one])).values()],
  };
}

/** The operating system and its packages; a package's upper layer counts. */
function systemComponents(contents: readonly LayerContents[]): SbomComponent[] {
  const system = contents.findLast((one) => one.system !== undefined)?.system;
  const debs = new Map(contents.flatMap((one) => one.debs.map((deb) => [deb.name, deb])));
  const distro = system === undefined ? "debian" : system.id;
  const qualifiers = system === undefined ? {} : { distro: `${system.id}-${system.version}` };
  return [
    ...(system === undefined
      ? []
      : [
          {
            kind: "operating-system",
            id: "system",
            name: system.id,
            version: system.version,
          } as const,
        ]),
    ...Array.from(debs.values(), ({ name, version, architecture }): SbomComponent => {
      const purl = formatPackageUrl({
        type: "deb",
        namespace: distro,
        name,
        version,
        qualifiers: { arch: architecture, ...qualifiers },
      });
      return { kind: "library", id: purl, name, version, purl };
    }),
  ];
}

function nodeComponent({ path, digest, version }: LayerContents["nodes"][number]): SbomComponent {
  const purl = formatPackageUrl({ type: "generic", name: "node", version });
  return {
    kind: "platform",
    id: `${purl}#${path}`,
    name: "node",
    version,
    purl,
    license: "MIT",
    digest,
    properties: { "bentokit:path": `/${path}` },
  };
}

/** Packages that lie in the image file by file; a package may be spread over layers. */
function nativePackages(contents: readonly LayerContents[]): SbomComponent[] {
  const byFolder = Map.groupBy(
    contents.flatMap(({ packages }) => packages),
    ({ folder }) => folder,
  );
  return [...byFolder].map(([folder, spread]) => {
    const facts = spread.find((one) => one.name !== undefined);
    const name = facts?.name ?? folder.slice(folder.lastIndexOf("node_modules/") + 13);
    const component = npmComponent({
      name,
      version: facts?.version,
      license: facts?.license,
    });
    const parts = spread.flatMap(({ files }) =>
      files.map(
        ({ path, digest }): SbomComponent => ({
          kind: "file",
          id: `${component.id}#${path}`,
          name: `/${path}`,
          digest,
        }),
      ),
    );
    return { ...component, parts };
  });
}

function npmComponent({
  name,
  version,
  license,
}: {
  readonly name: string;
  readonly version: string | undefined;
  readonly license?: string | undefined;
}): SbomComponent {
  const purl = npmPackageUrl(name, version);
  return { kind: "library", id: purl, name, version, purl, license };
}

function modelComponent(model: BentoModel): SbomComponent {
  const { name, version, digest, entry, files } = model;
  const purl = formatPackageUrl({ type: "generic", name, version });
  return {
    kind: "machine-learning-model",
    id: `model ${name}:${version}`,
    name,
    version,
    purl,
    digest: files.find(({ path }) => path === entry)?.digest,
    properties: { "bentokit:model-digest": digest },
    parts: files.map((file) => ({
      kind: "file",
      id: `model ${name}:${version}#${file.path}`,
      name: file.path,
      digest: file.digest,
    })),
  };
}

/** A model that a service uses under two names is in the image once. */
function distinctModels({ models }: BentoManifest): BentoModel[] {
  return [...new Map(models.map((model) => [`${model.name}:${model.version}`, model])).values()];
}
