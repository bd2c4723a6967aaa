/**
 * Policies as IAM holds them: a managed one has 6,144 characters at most, white space apart, and a role has ten of them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, read 2026-11
 *
 * @module
 */
import type { AccessPolicies } from "../../adapter.ts";
import { type PolicyDocument, type PolicyStatement, policyDocument } from "./policy-document.ts";

export const MANAGED_POLICY_CHARACTERS = 6144;

export interface AwsPolicies {
  readonly deploy: PolicyDocument;
  readonly promote: PolicyDocument;
  readonly boundary?: { readonly name: string; readonly document: PolicyDocument } | undefined;
}

/** With the parts of those that are too long to be one policy. A boundary has none: a role has one. */
export function inParts(policies: AwsPolicies): AccessPolicies {
  const parts = (["deploy", "promote"] as const)
    .map((work) => [work, policyParts(policies[work])] as const)
    .filter(([, documents]) => documents.length > 1);
  return { ...policies, ...(parts.length === 0 ? {} : { parts: Object.fromEntries(parts) }) };
}

/** The same statements in their order, in as few documents as hold them. */
export function policyParts({ Statement }: PolicyDocument): readonly PolicyDocument[] {
  const parts: PolicyStatement[][] = [[]];
  for (const statement of Statement) {
    const last = parts.at(-1) ?? [];
    if (last.length > 0 && lengthOf([...last, statement]) > MANAGED_POLICY_CHARACTERS) {
      parts.push([statement]);
    } else {
      last.push(statement);
    }
  }
  return parts.map((statements) => policyDocument(...statements));
}

function lengthOf(statements: readonly PolicyStatement[]): number {
  return JSON.stringify(policyDocument(...statements)).length;
}
