/**
 * Pulls an image from a registry into a layout or an archive, and prints its digest.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef, type ImageRef, parseImageRef } from "../../core/image-ref.ts";
import type { OnProgress } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { writeArchive } from "../../oci/archive.ts";
import { copyAttachments } from "../../oci/attest/attachment.ts";
import { layoutAttachments } from "../../oci/attest/layout-attachments.ts";
import { createLayout } from "../../oci/layout.ts";
import type { Descriptor, ImagePlatform } from "../../oci/manifest.ts";
import { pullImage } from "../../oci/registry/pull-image.ts";
import type { CliContext } from "../context.ts";
import { repositoryAttachments } from "../image-attachments.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { registryOptions } from "../registry.ts";
import { readPlatform } from "./containerize.ts";

export interface ImagePullFlags {
  readonly output: string;
  readonly platform: string;
  readonly json?: boolean;
}

interface Pull {
  readonly reference: ImageRef;
  readonly platform: ImagePlatform;
  readonly onProgress: OnProgress;
}

export async function pullImageTo(
  context: CliContext,
  text: string,
  flags: ImagePullFlags,
): Promise<void> {
  const reference = parseImageRef(text);
  const platform = readPlatform(flags.platform);
  const { kind, path } = readOutput(context, flags.output);
  const onProgress = drawProgress(context, flags.json === true);
  const pull = { reference, platform, onProgress };
  const image =
    kind === "oci"
      ? await pullInto(context, path, pull)
      : await pullArchive(context, { kind, file: path }, pull);
  if (flags.json === true) {
    const { digest } = image;
    const document = { reference: formatImageRef(reference), digest, output: `${kind}:${path}` };
    await printDocument(context, document, "json");
    return;
  }
  context.out(`${image.digest}\n`);
  context.err(`wrote ${kind}:${path}\n`);
}

async function pullInto(
  context: CliContext,
  directory: string,
  { reference, platform, onProgress }: Pull,
): Promise<Descriptor> {
  const layout = await createLayout(directory);
  const step = "pull image";
  const image = await runStep(onProgress, { step, detail: () => formatImageRef(reference) }, () =>
    pullImage({
      ...registryOptions(context, reference.registry),
      reference,
      platform,
      layout,
      name: reference.tag ?? reference.digest ?? "latest",
      step,
      onProgress,
    }),
  );
  await runStep(
    onProgress,
    { step: "pull attachments", detail: (count) => `${count} documents` },
    () =>
      copyAttachments(
        repositoryAttachments(context, reference, "pull"),
        layoutAttachments(layout),
        image.digest,
      ),
  );
  return image;
}

/** The image is whole in a folder beside the file before the file is written. */
async function pullArchive(
  context: CliContext,
  { kind, file }: { kind: "oci-archive" | "docker-archive"; file: string },
  pull: Pull,
): Promise<Descriptor> {
  const work = await mkdtemp(join(dirname(file), `.${basename(file)}-`));
  try {
    const image = await pullInto(context, work, pull);
    const layout = await createLayout(work);
    const name = formatImageRef(pull.reference);
    await writeArchive({ layout, image, kind, file, name, signal: context.signal });
    return image;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface PullOutput {
  readonly kind: "oci" | "oci-archive" | "docker-archive";
  /** Absolute. */
  readonly path: string;
}

function readOutput(context: CliContext, text: string): PullOutput {
  const [, kind, path] = /^(oci|oci-archive|docker-archive):(.+)$/.exec(text) ?? [];
  if (path === undefined) {
    throw new BentoError(
      "BENTO_USAGE",
      `expected --output oci:DIR, oci-archive:FILE or docker-archive:FILE, got ${JSON.stringify(text)}`,
      { hint: "e.g. --output oci:./image" },
    );
  }
  return {
    kind: kind === "oci-archive" || kind === "docker-archive" ? kind : ("oci" as const),
    path: resolve(context.cwd, path),
  };
}
