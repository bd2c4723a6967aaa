/**
 * Reading the secrets that a deployment's variables name, those and no others.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import { parseArn } from "../arn.ts";
import { allow, type PolicyStatement } from "./policy-document.ts";

/** Variables by the ARNs of what holds their values. */
export type SecretReferences = Readonly<Record<string, string>>;

/** What is asked of each kind of secret: names of actions, without the service. */
export interface SecretActions {
  /** Of Secrets Manager. */
  readonly secretsmanager: readonly string[];
  /** Of Systems Manager's parameters. */
  readonly ssm: readonly string[];
}

/** Parts of the ARN of a secret without its member and its version. */
const SECRET_PARTS = 7;

/**
 * @returns a statement for each service that holds some of them
 * @throws BentoError BENTO_USAGE for what is the ARN of neither
 */
export function secretStatements(
  secrets: SecretReferences = {},
  actions: SecretActions,
): PolicyStatement[] {
  const arns = Object.entries(secrets).map(([name, arn]) => ({ arn, service: kindOf(name, arn) }));
  return (["secretsmanager", "ssm"] as const).flatMap((service) => {
    const own = arns
      .filter((one) => one.service === service)
      .map(({ arn }) => arn.split(":").slice(0, SECRET_PARTS).join(":"));
    const sid = service === "ssm" ? "ReadParameters" : "ReadSecrets";
    return own.length === 0
      ? []
      : [allow(sid, service, { actions: actions[service], on: [...new Set(own)].sort() })];
  });
}

function kindOf(name: string, reference: string): keyof SecretActions {
  const { service, account = "", resource = "" } = parseArn(reference) ?? {};
  const isWhole = /^\d{12}$/.test(account) && !/[*?$]/.test(reference);
  if (isWhole && service === "secretsmanager" && /^secret:./.test(resource)) {
    return service;
  }
  if (isWhole && service === "ssm" && /^parameter\/./.test(resource)) {
    return service;
  }
  throw new BentoError("BENTO_USAGE", `not a secret: ${JSON.stringify(reference)}`, {
    where: `--secret ${name}`,
    hint: "give the ARN of a secret of Secrets Manager or of a parameter of Systems Manager, without wildcards",
  });
}
