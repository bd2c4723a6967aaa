/**
 * Who may take on a role from GitHub's jobs without any stored key: those of one repository's one environment.
 * https://docs.github.com/en/actions/reference/security/oidc, read 2026-11
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../../core/bento-error.ts";
import type { DeployContext, JobsOf } from "../../adapter.ts";
import { whosePlace } from "./whose-place.ts";

export interface GithubTrust {
  /** `ORG/REPO` */
  readonly repository: string;
  /** Environment of that repository, as GitHub knows it. */
  readonly environment: string;
  readonly account: string;
  readonly partition: string;
}

const Options = z.object({ account: z.string().optional(), region: z.string().optional() });

/** For the account that the environment's options name, else the caller's own. */
export async function awsTrust(
  platform: string,
  { github, environment }: JobsOf,
  context: DeployContext,
): Promise<object> {
  const { account, region } = Options.safeParse(context.options ?? {}).data ?? {};
  const place = await whosePlace(platform, { account, region }, context);
  return githubTrust({ ...place, repository: github, environment });
}

const ISSUER = "token.actions.githubusercontent.com";

/**
 * The trust policy of a role.
 *
 * @throws BentoError BENTO_USAGE for what is no repository or environment of GitHub
 */
export function githubTrust({ repository, environment, account, partition }: GithubTrust): object {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[\w.-]{1,100}$/.test(repository)) {
    throw new BentoError(
      "BENTO_USAGE",
      `not a repository of GitHub: ${JSON.stringify(repository)}`,
      { where: "--github", hint: "write it as ORG/REPO, without wildcards" },
    );
  }
  // a wildcard or a colon would let in jobs of other places
  if (!/^[\w. -]{1,255}$/.test(environment)) {
    throw new BentoError(
      "BENTO_USAGE",
      `not an environment of GitHub: ${JSON.stringify(environment)}`,
      { where: "--env", hint: "write it as the job's `environment:` has it, without wildcards" },
    );
  }
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "GithubJobs",
        Effect: "Allow",
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${ISSUER}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${ISSUER}:aud`]:
              partition === "aws-cn" ? "sts.amazonaws.com.cn" : "sts.amazonaws.com",
            [`${ISSUER}:sub`]: `repo:${repository}:environment:${environment}`,
          },
        },
      },
    ],
  };
}
