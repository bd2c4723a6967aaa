/**
 * Where a server's metrics go beside `/metrics`, as its environment says. What sends them is loaded only where they are sent.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { systemTimers } from "../clock.ts";
import type { EmbeddedMetricsOptions } from "./embedded-metrics.ts";
import type { SentMetrics } from "./send-embedded.ts";

/**
 * @param environment - BENTO_METRICS: `emf` for lines of CloudWatch's embedded metric format; empty for nowhere
 * @throws BentoError BENTO_INVALID_INPUT for any other value
 */
export async function chosenMetrics(
  environment: Readonly<Record<string, string | undefined>>,
  to: EmbeddedMetricsOptions,
): Promise<SentMetrics | undefined> {
  const text = environment["BENTO_METRICS"] ?? "";
  if (text === "") {
    return undefined;
  }
  if (text !== "emf") {
    throw new BentoError("BENTO_INVALID_INPUT", `metrics cannot go to ${JSON.stringify(text)}`, {
      where: "BENTO_METRICS",
      hint: "set it to emf for lines that CloudWatch reads, or leave it out: /metrics is there always",
    });
  }
  const { sendEmbedded } = await import("../aws.ts");
  return sendEmbedded({ ...to, timers: systemTimers });
}
