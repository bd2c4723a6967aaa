/**
 * Attaches to an image that was just made what it is made of and how, and signs it when a key is given.
 *
 * @module
 */
import { basename } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { OnProgress } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import type { Signer } from "../oci/attest/signing-key.ts";
import type { AttestImageOptions } from "../packager/attest/attest-image.ts";
import type { Containerized } from "../packager/image/finish-image.ts";

export interface DocumentImageOptions extends Omit<AttestImageOptions, "digest" | "build"> {
  readonly image: Pick<Containerized, "digest" | "platform">;
  readonly base: { readonly name: string | undefined; readonly digest: Containerized["digest"] };
  /** Where the sources are. @default not told */
  readonly source?: string | undefined;
  readonly startedOn: Date;
  /** @default true */
  readonly isAttested?: boolean | undefined;
  /** @default not signed */
  readonly signer?: Signer | undefined;
  readonly onProgress: OnProgress;
}

export async function documentImage(options: DocumentImageOptions): Promise<void> {
  const {
    image,
    base,
    source,
    startedOn,
    isAttested = true,
    signer,
    onProgress,
    ...rest
  } = options;
  const { layout } = rest;
  if (isAttested) {
    const { attestImage } = await import("../packager/attest/attest-image.ts");
    const build = {
      platform: image.platform,
      base: { name: await baseName(base.name), digest: base.digest },
      source,
      startedOn,
      finishedOn: new Date(),
    };
    await runStep(onProgress, { step: "attest" }, () =>
      attestImage({ ...rest, digest: image.digest, build }),
    );
  }
  if (signer !== undefined) {
    const { signImage } = await import("../oci/attest/sign-image.ts");
    const { layoutAttachments } = await import("../oci/attest/layout-attachments.ts");
    const { inspectImage } = await import("../oci/inspect-image.ts");
    const { descriptor } = await inspectImage(layout, { digest: image.digest });
    const store = layoutAttachments(layout);
    await runStep(onProgress, { step: "sign", detail: ({ key }) => `key ${key}` }, () =>
      signImage({ store, image: descriptor, signer }),
    );
  }
}

/**
 * What `--source` names.
 *
 * @throws BentoError BENTO_USAGE for what is no URI, which is all that a provenance takes
 */
export function readSource(text: string | undefined): string | undefined {
  if (text !== undefined && !URL.canParse(text)) {
    throw new BentoError("BENTO_USAGE", `not a URI: ${JSON.stringify(text)}`, {
      where: "--source",
      hint: "e.g. --source git+https://git.example.com/team/iris@COMMIT",
    });
  }
  return text;
}

/** A layout is told by its folder's name: where that is on this machine is nobody's business. */
async function baseName(given: string | undefined): Promise<string> {
  if (given === undefined) {
    return (await import("../packager/base/default-base.ts")).DEFAULT_BASE;
  }
  return given.startsWith("oci:") ? `oci:${basename(given.slice("oci:".length))}` : given;
}
