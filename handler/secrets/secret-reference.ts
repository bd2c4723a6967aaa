/**
 * Names of values that AWS keeps: an ARN of Secrets Manager or of a parameter of Systems Manager, in the form that ECS
 * reads too, so that one reference serves everywhere.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html, read 2026-11
 *
 * @module
 */

export interface SecretReference {
  readonly service: "secretsmanager" | "ssm";
  readonly region: string;
  /** End of the region's host names. */
  readonly suffix: "amazonaws.com" | "amazonaws.com.cn";
  /** What the service is asked for: the whole ARN. */
  readonly id: string;
  /** Member of the secret's JSON; the whole secret without it. */
  readonly key?: string;
  readonly versionStage?: string;
  readonly versionId?: string;
}

const SECRET =
  /^(arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]+)(?::([^:]*):([^:]*):([^:]*))?$/;
const PARAMETER = /^arn:(aws[a-z-]*):ssm:([a-z0-9-]+):\d{12}:parameter\/[\w./-]+$/;

/** @returns undefined for a text that is no reference */
export function readReference(text: string): SecretReference | undefined {
  const secret = SECRET.exec(text);
  if (secret !== null) {
    const [, id = "", partition, region = "", key, versionStage, versionId] = secret;
    return {
      service: "secretsmanager",
      region,
      suffix: suffixOf(partition),
      id,
      ...(key ? { key } : {}),
      ...(versionStage ? { versionStage } : {}),
      ...(versionId ? { versionId } : {}),
    };
  }
  const parameter = PARAMETER.exec(text);
  return parameter === null
    ? undefined
    : {
        service: "ssm",
        region: parameter[2] ?? "",
        suffix: suffixOf(parameter[1]),
        id: text,
      };
}

function suffixOf(partition = ""): SecretReference["suffix"] {
  return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
