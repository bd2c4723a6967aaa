/**
 * What is said of an image: an in-toto statement, which names its subject by digest and the kind of what it says.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestHex } from "../../core/digest.ts";

/** Media type of a statement, bare or in an envelope. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

/** Kinds of statements made here. */
export const PREDICATES = {
  /** Nothing but that the key's owner vouches for the image; cosign's kind. */
  signature: "https://sigstore.dev/cosign/sign/v1",
  provenance: "https://slsa.dev/provenance/v1",
  sbom: "https://cyclonedx.org/bom",
} as const;

export const Statement = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1),
  predicateType: z.string(),
  predicate: z.unknown().optional(),
});
export type Statement = z.infer<typeof Statement>;

/** @param predicate - JSON data of the kind that `predicateType` names */
export function statementOf(subject: Digest, predicateType: string, predicate: unknown): Statement {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: digestHex(subject) } }],
    predicateType,
    predicate,
  };
}

/** The bytes that are signed and kept: the same statement always has the same. */
export function statementBytes(statement: Statement): Buffer {
  return Buffer.from(canonicalJson(statement));
}

/** Digests of what a statement is about. */
export function subjectsOf(statement: Statement): string[] {
  return statement.subject.flatMap(({ digest: { sha256 } }) =>
    sha256 === undefined ? [] : [`sha256:${sha256}`],
  );
}
