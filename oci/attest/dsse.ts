/**
 * Dead simple signing envelopes: bytes with their type and signatures over both, so that a signature of one kind of
 * document can never stand under another.
 *
 * @module
 */
import * as z from "zod";

/** Base64 as others write it: with or without padding. */
const Base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);

export const Envelope = z.object({
  payload: Base64.describe("The signed document."),
  payloadType: z.string().describe("Media type of the document."),
  signatures: z
    .array(z.object({ sig: Base64, keyid: z.string().optional() }))
    .min(1)
    .describe("Each over the pre-authentication encoding of type and document."),
});
export type Envelope = z.infer<typeof Envelope>;

/** The bytes that are signed: `DSSEv1`, then length and text of the type, then length and bytes of the document. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const typeBytes = Buffer.byteLength(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${typeBytes} ${payloadType} ${payload.length} `),
    payload,
  ]);
}
