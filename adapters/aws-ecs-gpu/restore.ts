/**
 * Back to an earlier version: its image and its settings, deployed again from the record or from its task definition.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestHex, digestOf } from "../../core/digest.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { DeployContext, RestoreRequest, Shifted } from "../adapter.ts";
import { hasImage } from "../aws/ecr.ts";
import type { AwsSession } from "../aws/session.ts";
import { UPDATING } from "./announced-changes.ts";
import { detailsOf, sessionOf, stackOf } from "./details.ts";
import { servedDefinitions } from "./ecs-reads.ts";
import { observedStack } from "./observe.ts";
import { answerPause } from "./pause.ts";
import { deployBack } from "./roll-back.ts";
import { servicePlace } from "./service-place.ts";
import { settledStack } from "./settle.ts";
import { shifted } from "./shift.ts";
import { deployLine } from "./verb-line.ts";
import { versionsOf } from "./versions.ts";

const DEADLINE_MS = 60 * 60_000;

export async function restoreEcs(
  { to, before }: RestoreRequest,
  context: DeployContext,
): Promise<Shifted> {
  const session = await sessionOf(context);
  const recorded = detailsOf(before?.details)?.spec;
  const spec = recorded ?? (await specOf(session, to, context));
  await refuseGone(session, spec, context);
  if (await answerPause(session, context, "ROLLBACK")) {
    await settledStack(session, context);
  }
  const name = `bento-${digestHex(digestOf(canonicalJson(spec))).slice(0, 12)}-back`;
  await deployBack(session, spec, { name, deadlineMs: DEADLINE_MS, expected: UPDATING }, context);
  return await shifted(session, context);
}

/** Where no record tells: the settings that stand, with an earlier image. */
async function specOf(
  session: AwsSession,
  to: string | undefined,
  context: DeployContext,
): Promise<EcsAppSpec> {
  const stack = await stackOf(session, context);
  const spec = stack === undefined ? undefined : observedStack(stack).spec;
  const versions = await versionsOf(session, context);
  const place = stack === undefined ? undefined : await servicePlace(session, stack.name);
  const served = place === undefined ? [] : await servedDefinitions(session, place);
  const hasServed = (id: string) =>
    served.length === 0 || served.some((definition) => definition.endsWith(`:${id}`));
  const found =
    to === undefined
      ? versions.find(
          ({ id, image }) => image !== undefined && image !== spec?.imageDigest && hasServed(id),
        )
      : versions.find(({ id, bento }) => id === to || bento === to);
  if (spec === undefined || found?.image === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `no version ${to ?? "before this one"}`, {
      where: `deployment ${context.name}`,
      hint:
        versions.length === 0
          ? "deploy the bento that you want"
          : `there are: ${versions.map(({ id, bento }) => bento ?? id).join(", ")}`,
    });
  }
  return { ...spec, imageDigest: found.image, tag: found.bento ?? spec.tag };
}

async function refuseGone(
  session: AwsSession,
  { repository, imageDigest, tag }: EcsAppSpec,
  context: DeployContext,
): Promise<void> {
  // A spec's digest was checked when it was deployed.
  if (!(await hasImage(session, repository, imageDigest as `sha256:${string}`))) {
    throw new BentoError("BENTO_NOT_FOUND", `the image of ${tag} is not in ECR any more`, {
      where: `${repository}@${imageDigest}`,
      hint: `deploy it again: ${deployLine(tag, context)}`,
    });
  }
}
