/**
 * A bento on AWS Lambda: a function from its image, its log group, its role, and the alias `live` on the current
 * version. Private: nobody may call it until `grantInvoke`. No assets, no custom resources.
 *
 * @module
 */
import { Duration, RemovalPolicy, Size } from "aws-cdk-lib";
import {
  Connections,
  type IConnectable,
  type ISecurityGroup,
  type IVpc,
} from "aws-cdk-lib/aws-ec2";
import {
  type Grant,
  type IGrantable,
  type IManagedPolicy,
  type IPrincipal,
  type IRole,
  ManagedPolicy,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  Alias,
  Architecture,
  DockerImageFunction,
  type ICapacityProvider,
  type IVersion,
  Version,
} from "aws-cdk-lib/aws-lambda";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { BentoError } from "../core/bento-error.ts";
import { Profile } from "../core/profile.ts";
import { BentoCompute } from "./bento-compute.ts";
import type { BentoImage } from "./bento-image.ts";
import { given } from "./given.ts";
import {
  attachCapacity,
  concurrencyOf,
  DEFAULT_MEMORY_PER_VCPU,
  functionResource,
  makeCapacity,
} from "./lambda-compute.ts";
import { refuseLambdaProblems } from "./lambda-limits.ts";
import { type Chosen, propsProblems } from "./lambda-problems.ts";
import { MEMORY_MB_PER_CPU } from "./lambda-sizing.ts";
import { pinFlags } from "./pinned-flags.ts";

export interface BentoLambdaProps {
  /** The bento's image, for one architecture. */
  readonly image: BentoImage;
  /**
   * Name of the function.
   * @default - CloudFormation makes one
   */
  readonly functionName?: string;
  /**
   * For people: which bento at which version.
   * @default - none
   */
  readonly description?: string;
  /**
   * Must be the image's own.
   * @default - the image's own where it is known, otherwise Architecture.X86_64
   */
  readonly architecture?: Architecture;
  /**
   * What the function runs on.
   * @default BentoCompute.standard()
   */
  readonly compute?: BentoCompute;
  /**
   * 128 to 10,240 MiB; processor time comes with it, one vCPU at 1,769 MiB. On managed instances 2 to 32 GiB, and as
   * many vCPUs as `memoryPerVCpu` says.
   * @default - one vCPU's: Size.mebibytes(1769), on managed instances `memoryPerVCpu`
   */
  readonly memory?: Size;
  /**
   * Longest time to an answer, 1 to 900 s; up to 5,400 s on managed instances.
   * @default Duration.seconds(60)
   */
  readonly timeout?: Duration;
  /**
   * Size of `/tmp`, 512 to 10,240 MiB.
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorage?: Size;
  /**
   * Environment variables in clear, 4 KB in all. No secrets: they would stand in the template.
   * @default - none beyond the image's own, `BENTO_PROFILE` where the image has a profile, and on managed instances
   * NODE_OPTIONS=--max-semi-space-size=2
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Who moves versions and traffic. `stack`: a deploy of the stack publishes a version when something changed and sends
   * all traffic to it. `cli`: the template's version and alias never change; `bento deployment` moves them.
   * @default "stack"
   */
  readonly traffic?: "stack" | "cli";
  /**
   * Where it logs.
   * @default - a log group of its own, kept when the stack is deleted
   */
  readonly logGroup?: ILogGroup;
  /**
   * How long its own log group keeps lines; not allowed together with `logGroup`.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * What the function may do.
   * @default - a role that may write to the log group, and reach the network when in a VPC
   */
  readonly role?: IRole;
  /**
   * What the roles that are made here may do at most.
   * @default - no boundary
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * Network to run in; that of managed instances is a prop of theirs.
   * @default - none: it reaches the internet and nothing private
   */
  readonly vpc?: IVpc;
  /**
   * Only together with `vpc`.
   * @default - one of its own that lets everything out
   */
  readonly securityGroups?: readonly ISecurityGroup[];
}

export class BentoLambda extends Construct implements IGrantable, IConnectable {
  readonly function: DockerImageFunction;
  /** What callers invoke; all of its traffic goes to {@link version} when the stack is made. */
  readonly alias: Alias;
  /**
   * The version of this deploy, kept when the next one replaces it, so that there is a way back; with `traffic: "cli"`
   * the first one.
   */
  readonly version: Version;
  readonly role: IRole;
  readonly logGroup: ILogGroup;
  /** What managed instances run on; undefined on standard compute. */
  readonly capacityProvider: ICapacityProvider | undefined;
  readonly grantPrincipal: IPrincipal;
  readonly #securityGroups: readonly ISecurityGroup[];

  /**
   * @throws BentoError BENTO_INVALID_INPUT with every setting that Lambda does not take
   */
  constructor(scope: Construct, id: string, props: BentoLambdaProps) {
    super(scope, id);
    pinFlags(this);
    const chosen = chosenOf(props);
    refuseLambdaProblems(propsProblems(props, chosen), this.node.path);
    this.logGroup = props.logGroup ?? this.#makeLogGroup(props.logRetention);
    this.role = props.role ?? this.#makeRole(props);
    this.grantPrincipal = this.role.grantPrincipal;
    this.logGroup.grantWrite(this.role);
    const { settings } = computeOf(props);
    this.function = this.#makeFunction(props, chosen);
    if (settings.kind === "managedInstances") {
      const capacity = makeCapacity(this, settings, {
        architecture: architectureOf(props),
        permissionsBoundary: props.permissionsBoundary,
      });
      attachCapacity(this.function, capacity.provider, {
        maxConcurrency: concurrencyOf(settings, {
          memory: chosen.memory,
          profile: profileOf(props),
        }),
        memoryPerVCpu: settings.memoryPerVCpu ?? DEFAULT_MEMORY_PER_VCPU,
      });
      this.capacityProvider = capacity.provider;
      this.#securityGroups = capacity.securityGroups;
    } else {
      if (settings.snapStart === true) {
        functionResource(this.function).snapStart = { applyOn: "PublishedVersions" };
      }
      this.#securityGroups =
        props.vpc === undefined ? [] : this.function.connections.securityGroups;
    }
    this.version = this.#makeVersion(props.traffic);
    this.alias = new Alias(this, "Live", {
      aliasName: "live",
      // The class writes `string | undefined` where its own interface has an optional member.
      version: this.version as IVersion,
      ...(settings.kind === "standard"
        ? given({ provisionedConcurrentExecutions: settings.provisionedConcurrency })
        : {}),
    });
  }

  /**
   * The function's security groups, or those of the instances that it runs on.
   *
   * @throws BentoError BENTO_INVALID_INPUT when it has no network of its own
   */
  get connections(): Connections {
    if (this.#securityGroups.length === 0) {
      throw new BentoError("BENTO_INVALID_INPUT", "a bento without a network of its own", {
        where: this.node.path,
        hint: "give it a vpc; where its capacity provider was there already, use the security groups of that",
      });
    }
    return new Connections({ securityGroups: [...this.#securityGroups] });
  }

  /** Lets somebody call the bento, by its alias. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.alias.grantInvoke(grantee);
  }

  #makeFunction(props: BentoLambdaProps, chosen: Chosen): DockerImageFunction {
    const { settings } = computeOf(props);
    const managed = settings.kind === "managedInstances" ? settings : undefined;
    return new DockerImageFunction(this, "Function", {
      ...given({
        functionName: props.functionName,
        description: props.description,
        reservedConcurrentExecutions:
          settings.kind === "standard" ? settings.reservedConcurrency : undefined,
        vpc: props.vpc,
      }),
      ...(props.securityGroups === undefined ? {} : { securityGroups: [...props.securityGroups] }),
      code: props.image.lambdaCode(),
      architecture: architectureOf(props),
      memorySize: chosen.memory.toMebibytes(),
      timeout: chosen.timeout,
      ephemeralStorageSize: chosen.ephemeralStorage,
      environment: { ...chosen.environment },
      logGroup: this.logGroup,
      role: this.role,
      currentVersionOptions: {
        removalPolicy: RemovalPolicy.RETAIN,
        ...given({
          minExecutionEnvironments: managed?.minEnvironments,
          maxExecutionEnvironments: managed?.maxEnvironments,
        }),
      },
    });
  }

  /** The id of the current version holds a digest of the function; that of the first one never changes. */
  #makeVersion(traffic: BentoLambdaProps["traffic"]): Version {
    return traffic === "cli"
      ? new Version(this, "FirstVersion", {
          lambda: this.function,
          removalPolicy: RemovalPolicy.RETAIN,
        })
      : this.function.currentVersion;
  }

  #makeLogGroup(retention = RetentionDays.ONE_MONTH): LogGroup {
    return new LogGroup(this, "Logs", { retention, removalPolicy: RemovalPolicy.RETAIN });
  }

  #makeRole({ vpc, permissionsBoundary }: BentoLambdaProps): Role {
    const forVpc = "service-role/AWSLambdaVPCAccessExecutionRole";
    return new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      managedPolicies: vpc === undefined ? [] : [ManagedPolicy.fromAwsManagedPolicyName(forVpc)],
      ...given({ permissionsBoundary }),
    });
  }
}

function computeOf({ compute }: BentoLambdaProps): BentoCompute {
  return compute ?? BentoCompute.standard();
}

function chosenOf(props: BentoLambdaProps): Chosen {
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
      ...props.environment,
    },
  };
}

function architectureOf({ architecture, image }: BentoLambdaProps): Architecture {
  const own = image.platform === "linux/arm64" ? Architecture.ARM_64 : Architecture.X86_64;
  return architecture ?? own;
}

/** What its server is told: `BENTO_PROFILE` holds the profile itself or the name of a file in the image. */
function profileOf({ environment }: BentoLambdaProps): Profile | undefined {
  const text = environment?.["BENTO_PROFILE"];
  try {
    return text === undefined ? undefined : Profile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
