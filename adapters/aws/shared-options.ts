/**
 * Options that every platform of AWS takes alike.
 *
 * @module
 */
import * as z from "zod";

/** How long CloudWatch can keep lines, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

/**
 * @param what - the ARN is of, for the error
 */
export function arnOf(service: string, what: string): z.ZodString {
  return z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:`), `not the ARN of ${what}`);
}

export const accountOption = z
  .string()
  .regex(/^\d{12}$/, "an AWS account is 12 digits")
  .optional()
  .describe("AWS account; the one that deploys by default.");

export const regionOption = z
  .string()
  .regex(/^[a-z]{2,}(-[a-z]+)+-\d$/, "an AWS region is written like eu-central-1")
  .optional()
  .describe("AWS region, e.g. eu-central-1; the one that deploys by default.");

export const permissionsBoundaryOption = arnOf("iam", "a policy")
  .optional()
  .describe("ARN of the policy that bounds the roles that are made.");

export const logRetentionOption = z
  .literal(RETENTION_DAYS)
  .default(30)
  .describe("How long log lines are kept, in days.");
