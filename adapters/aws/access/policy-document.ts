/**
 * Policies of IAM as data. Every action is written out: none has a wildcard.
 *
 * @module
 */

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

export function policyDocument(...statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

export interface AllowOptions {
  /** Names of actions, without the service. */
  readonly actions: readonly string[];
  readonly on: readonly string[];
  readonly condition?: PolicyStatement["Condition"];
}

/**
 * @param service - of all the actions, e.g. `lambda`
 */
export function allow(
  sid: string,
  service: string,
  { actions, on, condition }: AllowOptions,
): PolicyStatement {
  return {
    Sid: sid,
    Effect: "Allow",
    Action: actions.map((action) => `${service}:${action}`).sort(),
    Resource: [...on],
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}
