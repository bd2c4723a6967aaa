/**
 * The provenance of an image that was made of a bento.
 *
 * @module
 */
import { type BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import { type Digest, digestHex } from "../../core/digest.ts";
import { formatPackageUrl, imageUrl, npmPackageUrl } from "../../oci/attest/package-url.ts";
import type { Provenance, ResourceDescriptor } from "../../oci/attest/provenance.ts";

/** How an image was built, beyond the bento itself. */
export interface BuildFacts {
  /** As the user asked, e.g. linux/amd64. */
  readonly platform: string;
  readonly base: { readonly name: string; readonly digest: Digest };
  /** Who ran the build, as a URI: a CI system's job, say. @default BUILDER */
  readonly builder?: string | undefined;
  /** Where the sources are, e.g. `git+https://example.com/team/iris@<commit>`. @default not told */
  readonly source?: string | undefined;
  readonly startedOn: Date;
  readonly finishedOn: Date;
  readonly toolVersion: string;
  /** Of Node that packed the layers, without `v`. */
  readonly nodeVersion: string;
  /** What compressed the layers: with another, digests of blobs may differ. */
  readonly compressor: string;
  /** What else went in. @default nothing */
  readonly dependencies?: readonly ResourceDescriptor[] | undefined;
}

const BUILD_TYPE = "urn:bentokit:containerize:1";
const BUILDER = "urn:bentokit:cli";

/** Pure. */
export function buildProvenance(manifest: BentoManifest, facts: BuildFacts): Provenance {
  const { base, builder = BUILDER, source, toolVersion, nodeVersion } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        bento: `${manifest.name}:${manifest.version}`,
        platform: facts.platform,
        base: base.name,
        ...(source === undefined ? {} : { source }),
      },
      internalParameters: { compressor: facts.compressor },
      resolvedDependencies: [
        ...bentoDependencies(manifest),
        { name: "base", uri: imageUrl(base), digest: sha256(base.digest) },
        ...(source === undefined ? [] : [sourceDependency(source)]),
        ...(facts.dependencies ?? []),
      ],
    },
    runDetails: {
      builder: { id: builder, version: { bentokit: toolVersion, node: nodeVersion } },
      metadata: {
        startedOn: facts.startedOn.toISOString(),
        finishedOn: facts.finishedOn.toISOString(),
      },
    },
  };
}

function bentoDependencies(manifest: BentoManifest): ResourceDescriptor[] {
  const { name, version, models, runtime, files, repinnedFrom } = manifest;
  const distinct = new Map(models.map((model) => [`${model.name}:${model.version}`, model]));
  return [
    {
      name: "bento",
      uri: formatPackageUrl({ type: "generic", name, version }),
      digest: sha256(bentoDigest(manifest)),
    },
    ...(repinnedFrom === undefined
      ? []
      : [
          {
            name: "repinned from",
            uri: formatPackageUrl({ type: "generic", name, version: repinnedFrom.version }),
            digest: sha256(repinnedFrom.digest),
          },
        ]),
    ...Array.from(distinct, ([tag, model]) => ({
      name: `model ${tag}`,
      uri: formatPackageUrl({ type: "generic", name: model.name, version: model.version }),
      digest: sha256(model.digest),
    })),
    // what the bundle was resolved to
    ...files
      .filter(({ path }) => /^env\/[^/]*(?:lock|components)[^/]*$/.test(path))
      .map(({ path, digest }) => ({ name: "packages", uri: path, digest: sha256(digest) })),
    { name: "natives", uri: npmPackageUrl("onnxruntime-node", runtime.onnxruntime) },
  ];
}

/** A revision of git is its digest: 40 or 64 hex digits after the last `@`. */
function sourceDependency(source: string): ResourceDescriptor {
  const commit = /@([0-9a-f]{40}|[0-9a-f]{64})$/.exec(source)?.[1];
  return {
    name: "source",
    uri: source,
    ...(commit === undefined ? {} : { digest: { gitCommit: commit } }),
  };
}

function sha256(digest: Digest): Record<string, string> {
  return { sha256: digestHex(digest) };
}
