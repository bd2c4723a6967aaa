/**
 * Checks every claim that is made of an image.
 *
 * @module
 */

import { BentoError } from "../../core/bento-error.ts";
import { assertVerified, verifyImage } from "../../oci/attest/verify-image.ts";
import type { CliContext } from "../context.ts";
import { attachmentsOf } from "../image-attachments.ts";
import { type FoundImage, findImage } from "../image-source.ts";
import { printDocument, printTable } from "../output.ts";
import { readPublicKey } from "../signing-key.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageVerifyFlags extends ImageReadFlags {
  readonly key?: string;
  /** Whether the bento is built again and compared. */
  readonly rebuild?: boolean;
}

/** @throws BentoError BENTO_REFUSED with a line for each claim that failed, after all of them are printed */
export async function verifyNamedImage(
  context: CliContext,
  text: string,
  flags: ImageVerifyFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const publicKey = flags.key === undefined ? undefined : await readPublicKey(context, flags.key);
  const image = await findImage(context, text, { platform, store: flags.store });
  const claims = await verifyImage({
    image,
    store: await attachmentsOf(context, image),
    readBlob: (blob) => image.source.readBlob(blob),
    publicKey,
  });
  const rebuilt = flags.rebuild === true ? [await rebuildClaim(context, image, flags.store)] : [];
  const { digest } = image.descriptor;
  const all = [...claims, ...rebuilt];
  if (flags.json === true) {
    const verified = all.every(({ outcome }) => outcome !== "failed");
    await printDocument(context, { digest, verified, claims: all }, "json");
  } else {
    const rows = all.flatMap(({ check, outcome, detail }) =>
      detail
        .split("\n")
        .map((line, index) => (index === 0 ? [check, outcome, line] : ["", "", line])),
    );
    printTable(context, ["CHECK", "RESULT", "DETAIL"], rows);
    context.err(`image ${digest}\n`);
  }
  assertVerified(claims, image.text);
  for (const { detail } of rebuilt.filter(({ outcome }) => outcome === "failed")) {
    throw new BentoError("BENTO_REFUSED", detail, {
      where: image.text,
      hint: "the image is not what its bento gives: make it again with bento containerize",
    });
  }
}

async function rebuildClaim(context: CliContext, image: FoundImage, store: string | undefined) {
  const { rebuildFindings } = await import("../rebuild-image.ts");
  const { rebuildProblems } = await import("../../packager/image/verify-rebuild.ts");
  const findings = await rebuildFindings(context, image, store);
  const problems = rebuildProblems(findings);
  const same = findings.filter(({ outcome }) => outcome === "same").length;
  return {
    check: "rebuild",
    outcome: problems.length === 0 ? "passed" : "failed",
    detail: problems.join("\n") || `${same} of ${findings.length} parts have the same bytes`,
  };
}
