/**
 * What every platform of AWS looks at before a deploy: who asks, where, and whether that may be.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import type { DeployContext, Finding } from "../../adapter.ts";
import type { PolicyDocument } from "../access/policy-document.ts";
import { type AwsSession, openSession } from "../session.ts";
import { checkPermissions } from "./check-permissions.ts";
import { checkRepository, checkStack } from "./check-stack.ts";
import { fine, problem } from "./findings.ts";

export interface AwsChecks {
  readonly platform: string;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** What a deploy needs, once it is known where. */
  needs(session: AwsSession): {
    readonly stacks: readonly string[];
    readonly repository: string;
    readonly policy: PolicyDocument;
  };
  /** What this platform alone looks at. */
  own(session: AwsSession): readonly Promise<Finding>[];
}

export async function* checkAws(
  checks: AwsChecks,
  context: DeployContext,
): AsyncGenerator<Finding, void, undefined> {
  const { platform, account, region } = checks;
  let session: AwsSession;
  try {
    session = await openSession({ platform, account, region, context });
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!BentoError.isInstance(error)) {
      throw error;
    }
    yield problem("credentials", error.message, error.hint ?? "see docs/errors.md");
    return;
  }
  yield fine("credentials", `${session.callerArn}`);
  yield fine("region", `${session.region}, account ${session.account}`);
  const { stacks, repository, policy } = checks.needs(session);
  const looks = [
    ...stacks.map((name) => checkStack(session, name)),
    checkRepository(session, repository),
    ...checks.own(session),
    checkPermissions(session, policy),
  ];
  yield* await Promise.all(looks);
}
