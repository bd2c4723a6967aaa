/**
 * Checks every claim that is made of an image: who signed it, how it came to be, what is in it, and that its layers
 * are the ones meant. Each check has an outcome of its own, so that a refusal says which one it was.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import type { ByteStream } from "../chunks.ts";
import type { InspectedImage } from "../inspect-image.ts";
import type { Descriptor } from "../manifest.ts";
import type { AttachmentStore } from "./attachment.ts";
import { openBundles, readSboms, readStatements, type StatementKind } from "./image-documents.ts";
import { Provenance } from "./provenance.ts";
import { keyHint } from "./signing-key.ts";
import type { OpenedBundle } from "./sigstore-bundle.ts";
import { PREDICATES, type Statement, subjectsOf } from "./statement.ts";
import { layerProblems } from "./verify-layers.ts";

export interface ImageClaim {
  readonly check: StatementKind | "layers";
  readonly outcome: "passed" | "failed" | "skipped";
  /** What was found, or what is wrong. */
  readonly detail: string;
}

export interface VerifyImageOptions {
  readonly image: Pick<InspectedImage, "descriptor" | "manifest" | "config">;
  readonly store: AttachmentStore;
  /** A blob's bytes; the stream fails unless they match the digest. */
  readonly readBlob: (blob: Descriptor) => ByteStream;
  /** Who must have signed. @default nobody: documents that are attached plain count */
  readonly publicKey?: KeyObject | undefined;
  /** @default all */
  readonly checks?: readonly ImageClaim["check"][];
}

/** Where images of ours say which bento they hold. */
const BENTO_DIGEST_LABEL = "org.bentokit.digest";

/** Every claim in the order of its importance; a failing one does not keep the others from being checked. */
export async function verifyImage(options: VerifyImageOptions): Promise<ImageClaim[]> {
  const { checks = ["signature", "provenance", "sbom", "layers"] } = options;
  const claims: ImageClaim[] = [];
  for (const check of checks) {
    claims.push({ check, ...(await CHECKS[check](options)) });
  }
  return claims;
}

/**
 * @throws BentoError BENTO_REFUSED with a line for each claim that failed
 */
export function assertVerified(claims: readonly ImageClaim[], where: string): void {
  const failed = claims.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0) {
    const problems = failed.map(({ check, detail }) => `${check}: ${detail}`);
    throw new BentoError("BENTO_REFUSED", problems.join("\n"), { where, hint: whatToDo(claims) });
  }
}

function whatToDo(claims: readonly ImageClaim[]): string {
  const outcomeOf = (wanted: ImageClaim["check"]) =>
    claims.find(({ check }) => check === wanted)?.outcome;
  if (outcomeOf("layers") === "failed") {
    return "the image is not the one that was made: fetch it again, or make it again";
  }
  return outcomeOf("signature") === "skipped"
    ? "make the image again: bento containerize attaches what is missing"
    : "sign it with the key that is expected: bento image sign IMAGE --key bento.key";
}

type Outcome = Omit<ImageClaim, "check">;
type Check = (options: VerifyImageOptions) => Promise<Outcome>;

const CHECKS: Readonly<Record<ImageClaim["check"], Check>> = {
  async signature({ publicKey, store, image }) {
    if (publicKey === undefined) {
      return { outcome: "skipped", detail: "no key is given" };
    }
    const found = await signedStatement(store, image.descriptor.digest, {
      kind: "signature",
      publicKey,
    });
    return "problem" in found
      ? failed(found.problem)
      : passed(`signed by the key ${keyHint(publicKey)}`);
  },

  async provenance(options) {
    const found = await findStatement(options, "provenance");
    if ("problem" in found) {
      return failed(found.problem);
    }
    const provenance = Provenance.safeParse(found.statement.predicate).data;
    if (provenance === undefined) {
      return failed("the document is no SLSA provenance");
    }
    const { buildDefinition, runDetails } = provenance;
    const bento = options.image.config.config?.Labels?.[BENTO_DIGEST_LABEL];
    const isOfBento = buildDefinition.resolvedDependencies.some(
      ({ digest }) => `sha256:${digest?.["sha256"]}` === bento,
    );
    const when = runDetails.metadata?.finishedOn;
    return isOfBento
      ? passed(`built by ${runDetails.builder.id}${when === undefined ? "" : ` at ${when}`}`)
      : failed(`it does not name the bento ${bento ?? "(none)"} that is in the image`);
  },

  async sbom(options) {
    const found = await findSbom(options);
    if ("problem" in found) {
      return failed(found.problem);
    }
    const sbom = Sbom.safeParse(found.document).data;
    const { digest } = options.image.descriptor;
    if (sbom === undefined) {
      return failed("the document is no CycloneDX SBOM");
    }
    const isOfImage = sbom.metadata.component.hashes.some(
      ({ content }) => `sha256:${content}` === digest,
    );
    return isOfImage
      ? passed(`${sbom.components.length} components`)
      : failed("it is about another image");
  },

  async layers({ image, readBlob }) {
    const problems = await layerProblems({ ...image, readBlob });
    return problems.length > 0
      ? failed(problems.join("\n"))
      : passed(`${image.manifest.layers.length} layers, bytes and diff_ids`);
  },
};

/** As much of an SBOM as is checked. */
const Sbom = z.object({
  bomFormat: z.literal("CycloneDX"),
  components: z.array(z.unknown()).default([]),
  metadata: z.object({
    component: z.object({ hashes: z.array(z.object({ content: z.string() })).default([]) }),
  }),
});

type Found<Value> = Value | { readonly problem: string };

async function findSbom(options: VerifyImageOptions): Promise<Found<{ document: unknown }>> {
  if (options.publicKey !== undefined) {
    const found = await findStatement(options, "sbom");
    return "problem" in found ? found : { document: found.statement.predicate };
  }
  const [bytes] = await readSboms(options.store, options.image.descriptor.digest);
  return bytes === undefined ? { problem: "none is attached" } : { document: parseJson(bytes) };
}

async function findStatement(
  { store, image, publicKey }: VerifyImageOptions,
  kind: StatementKind,
): Promise<Found<{ statement: Statement }>> {
  const { digest } = image.descriptor;
  if (publicKey !== undefined) {
    return signedStatement(store, digest, { kind, publicKey });
  }
  const all = await readStatements(store, digest);
  const statement = all.find(
    (one) => one.predicateType === PREDICATES[kind] && subjectsOf(one).includes(digest),
  );
  return statement === undefined ? { problem: "none is attached" } : { statement };
}

async function signedStatement(
  store: AttachmentStore,
  digest: Digest,
  wanted: { readonly kind: StatementKind; readonly publicKey: KeyObject },
): Promise<Found<{ statement: Statement }>> {
  const opened = await openBundles(store, digest, wanted);
  const statement = opened
    .flatMap((one) => (one.isValid ? [one.statement] : []))
    .find((one) => subjectsOf(one).includes(digest));
  return statement === undefined ? { problem: whyNone(opened, digest) } : { statement };
}

/** The reason that comes nearest to a good signature. */
function whyNone(opened: readonly OpenedBundle[], digest: Digest): string {
  const ofOthers = opened.flatMap((one) => (one.isValid ? subjectsOf(one.statement) : []));
  if (ofOthers.length > 0) {
    return `what is signed is ${ofOthers.join(", ")}, not ${digest}`;
  }
  const reasons = opened.flatMap((one) => (one.isValid ? [] : [one.reason]));
  const damaged = reasons.find((reason) => !reason.startsWith("signed by"));
  return damaged ?? reasons[0] ?? "none is attached and signed";
}

function passed(detail: string): Outcome {
  return { outcome: "passed", detail };
}

function failed(detail: string): Outcome {
  return { outcome: "failed", detail };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
