/**
 * What a bento on Lambda is set to where its user says nothing.
 *
 * @module
 */
import { Duration, Size } from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { canonicalJson } from "../core/canonical-json.ts";
import { Profile } from "../core/profile.ts";
import { BentoCompute } from "./bento-compute.ts";
import type { BentoLambdaProps } from "./bento-lambda-props.ts";
import { given } from "./given.ts";
import { DEFAULT_MEMORY_PER_VCPU } from "./lambda-compute.ts";
import { MEMORY_MB_PER_CPU } from "./lambda-sizing.ts";

/** What the function gets. */
export interface Chosen {
  readonly memory: Size;
  readonly timeout: Duration;
  readonly ephemeralStorage: Size;
  readonly environment: Readonly<Record<string, string>>;
}

/** Standard unless the user says otherwise. */
export function computeOf({ compute }: BentoLambdaProps): BentoCompute {
  return compute ?? BentoCompute.standard();
}

/** The user's settings, and what stands for those that are not given. */
export function chosenOf(props: BentoLambdaProps): Chosen {
  const { settings } = computeOf(props);
  const isManaged = settings.kind === "managedInstances";
  return {
    memory:
      props.memory ??
      (isManaged
        ? (settings.memoryPerVCpu ?? DEFAULT_MEMORY_PER_VCPU)
        : Size.mebibytes(MEMORY_MB_PER_CPU)),
    timeout: props.timeout ?? Duration.seconds(60),
    ephemeralStorage: props.ephemeralStorage ?? Size.mebibytes(512),
    environment: {
      // See docs/lambda.md: many small requests in one process.
      ...(isManaged ? { NODE_OPTIONS: "--max-semi-space-size=2" } : {}),
      ...(!isManaged && settings.snapStart === true ? { BENTO_SNAPSTART: "1" } : {}),
      ...(props.url?.streaming === true ? { BENTO_LAMBDA_STREAM: "1" } : {}),
      ...given({ BENTO_SQS_API: props.queue?.choice.api }),
      ...(props.image.profile === undefined
        ? {}
        : { BENTO_PROFILE: canonicalJson(props.image.profile) }),
      ...props.environment,
    },
  };
}

/** The user's, else the image's own. */
export function architectureOf({ architecture, image }: BentoLambdaProps): Architecture {
  const own = image.platform === "linux/arm64" ? Architecture.ARM_64 : Architecture.X86_64;
  return architecture ?? own;
}

/** What its server is told: the profile itself, or the name of a file in the image, which says nothing here. */
export function profileOf({ BENTO_PROFILE: text }: Chosen["environment"]): Profile | undefined {
  try {
    return text === undefined ? undefined : Profile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
