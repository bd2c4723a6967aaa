/**
 * `bento.image.json`: which image a bento became, for programs that deploy it from here on. It is committed, so that a
 * deployment changes when and only when this file does.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "./bento-error.ts";
import { canonicalJson } from "./canonical-json.ts";
import { Digest } from "./digest.ts";

export const ImageLock = z.object({
  schema: z.literal(1).describe("Version of this format."),
  bento: z
    .object({
      tag: z.string().describe("Exact tag of the bento."),
      digest: Digest.describe("Digest of the bento's manifest."),
    })
    .describe("What is in the image."),
  image: z
    .object({
      digest: Digest.describe("Digest of the image's manifest."),
      platform: z.enum(["linux/amd64", "linux/arm64"]),
      repository: z
        .string()
        .optional()
        .describe("Where it was pushed, as host/path; absent when it was not."),
    })
    .describe("The image."),
  base: z.object({ digest: Digest }).describe("The image that it was built on."),
});
export type ImageLock = z.infer<typeof ImageLock>;

/** The file's text; the same image gives the same bytes. */
export function formatImageLock(lock: ImageLock): string {
  return `${canonicalJson(lock, 2)}\n`;
}

/**
 * @param where - the file, for the message
 * @throws BentoError BENTO_INVALID_INPUT with a line for each problem
 */
export function parseImageLock(text: string, where: string): ImageLock {
  const parsed = ImageLock.safeParse(parseJson(text));
  if (parsed.success) {
    return parsed.data;
  }
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "document"}: ${issue.message}`,
  );
  throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
    where,
    hint: `write it with bento containerize TAG --lock ${where}`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
