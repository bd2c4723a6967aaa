/**
 * Writes what is in an image as a CycloneDX 1.6 document. The same content gives the same bytes: lists are sorted, no
 * time stands in it, and its serial number is made of its own digest.
 *
 * @module
 */
import type { Models } from "@cyclonedx/cyclonedx-library";
import { type Digest, digestHex, digestOf } from "../../core/digest.ts";

/** Media type, and artifact type of the attachment. */
export const SBOM_TYPE = "application/vnd.cyclonedx+json";

/** What a component is, in CycloneDX's words. */
export type ComponentKind =
  | "application"
  | "container"
  | "file"
  | "library"
  | "machine-learning-model"
  | "operating-system"
  | "platform";

export interface SbomComponent {
  readonly kind: ComponentKind;
  /** Distinguishes it within the document. */
  readonly id: string;
  readonly name: string;
  readonly version?: string | undefined;
  readonly purl?: string | undefined;
  /** As its author wrote it: an SPDX id, an SPDX expression or any name. */
  readonly license?: string | undefined;
  /** Of its bytes. */
  readonly digest?: Digest | undefined;
  readonly properties?: Readonly<Record<string, string>>;
  /** What it is made of. */
  readonly parts?: readonly SbomComponent[];
}

export interface SbomContent {
  /** What the document is about: the image. */
  readonly subject: SbomComponent;
  /** What wrote it. */
  readonly tool: { readonly name: string; readonly version: string };
  readonly components: readonly SbomComponent[];
}

/** The library, loaded by the one who writes. */
type CycloneDx = typeof import("@cyclonedx/cyclonedx-library");

/** @returns JSON, two spaces a level, with a last line break */
export async function writeSbom(content: SbomContent): Promise<Buffer> {
  const library = await import("@cyclonedx/cyclonedx-library");
  const { Models, Serialize, Spec } = library;
  const toComponent = componentWriter(library);
  const subject = toComponent(content.subject);
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: subject,
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          toComponent({ kind: "application", id: "tool", ...content.tool }),
        ]),
      }),
    }),
  });
  for (const component of content.components.map(toComponent)) {
    bom.components.add(component);
    subject.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  );
  const write = () => `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
  bom.serialNumber = `urn:uuid:${uuidOf(digestOf(write()))}`;
  return Buffer.from(write());
}

function componentWriter({ Enums, Models, SPDX }: CycloneDx) {
  const kinds = {
    application: Enums.ComponentType.Application,
    container: Enums.ComponentType.Container,
    file: Enums.ComponentType.File,
    library: Enums.ComponentType.Library,
    "machine-learning-model": Enums.ComponentType.MachineLearningModel,
    "operating-system": Enums.ComponentType.OperatingSystem,
    platform: Enums.ComponentType.Platform,
  } as const;
  const licenseOf = (text: string): Models.License => {
    const id = SPDX.fixupSpdxId(text);
    if (id !== undefined) {
      return new Models.SpdxLicense(id);
    }
    return isExpression(text, SPDX.isSupportedSpdxId)
      ? new Models.LicenseExpression(text)
      : new Models.NamedLicense(text);
  };
  const write = (component: SbomComponent): Models.Component => {
    const {
      kind,
      id,
      name,
      version,
      purl,
      license,
      digest,
      properties = {},
      parts = [],
    } = component;
    return new Models.Component(kinds[kind], name, {
      bomRef: id,
      ...(version === undefined ? {} : { version }),
      ...(purl === undefined ? {} : { purl }),
      licenses: new Models.LicenseRepository(license === undefined ? [] : [licenseOf(license)]),
      hashes: new Models.HashDictionary(
        digest === undefined ? [] : [[Enums.HashAlgorithm["SHA-256"], digestHex(digest)]],
      ),
      properties: new Models.PropertyRepository(
        Object.entries(properties).map(([key, value]) => new Models.Property(key, value)),
      ),
      components: new Models.ComponentRepository(parts.map(write)),
    });
  };
  return write;
}

/** `MIT OR Apache-2.0`, with or without parentheses; what names no known licence is none. */
function isExpression(text: string, isKnown: (id: string) => boolean): boolean {
  const words = text.replaceAll(/[()]/g, " ").trim().split(/\s+/);
  return (
    words.length > 2 &&
    words.every((word, index) =>
      index % 2 === 1 ? /^(?:AND|OR)$/.test(word) : isKnown(word.replace(/\+$/, "")),
    )
  );
}

/** A UUID of version 8 (RFC 9562: bits of one's own) from a digest. */
function uuidOf(digest: Digest): string {
  const hex = digestHex(digest);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
