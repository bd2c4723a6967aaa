/**
 * A bento on AWS Lambda: a function from its image, its log group, its role, and the alias `live` on the current
 * version. Private: nobody may call it until `grantInvoke`. No assets, no custom resources.
 *
 * @module
 */
import { Duration, RemovalPolicy, Size, SizeRoundingBehavior, Token } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc } from "aws-cdk-lib/aws-ec2";
import {
  type Grant,
  type IGrantable,
  type IRole,
  ManagedPolicy,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  Alias,
  Architecture,
  DockerImageFunction,
  type IVersion,
  type Version,
} from "aws-cdk-lib/aws-lambda";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { BentoImage } from "./bento-image.ts";
import { lambdaProblems, refuseLambdaProblems } from "./lambda-limits.ts";
import { MEMORY_MB_PER_CPU } from "./lambda-sizing.ts";

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
   * 128 to 10,240 MiB; processor time comes with it, one vCPU at 1,769 MiB.
   * @default Size.mebibytes(1769)
   */
  readonly memory?: Size;
  /**
   * Longest time to an answer, 1 to 900 s.
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
   * @default - none beyond the image's own
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Most requests at work at once, kept free for this function.
   * @default - shares the account's
   */
  readonly reservedConcurrency?: number;
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
   * Network to run in.
   * @default - none: it reaches the internet and nothing private
   */
  readonly vpc?: IVpc;
  /**
   * Only together with `vpc`.
   * @default - one of its own that lets everything out
   */
  readonly securityGroups?: readonly ISecurityGroup[];
}

export class BentoLambda extends Construct {
  readonly function: DockerImageFunction;
  /** What callers invoke: 100 % of its traffic goes to {@link version}. */
  readonly alias: Alias;
  /** The version of this deploy; kept when the next one replaces it, so that there is a way back. */
  readonly version: Version;
  readonly role: IRole;
  readonly logGroup: ILogGroup;

  /**
   * @throws BentoError BENTO_INVALID_INPUT with every setting that Lambda does not take
   */
  constructor(scope: Construct, id: string, props: BentoLambdaProps) {
    super(scope, id);
    const memory = props.memory ?? Size.mebibytes(MEMORY_MB_PER_CPU);
    const timeout = props.timeout ?? Duration.seconds(60);
    const ephemeralStorage = props.ephemeralStorage ?? Size.mebibytes(512);
    refuseLambdaProblems(
      [...settingProblems(props, { memory, timeout, ephemeralStorage }), ...pairProblems(props)],
      this.node.path,
    );
    this.logGroup = props.logGroup ?? this.makeLogGroup(props.logRetention);
    this.role = props.role ?? this.makeRole(props.vpc !== undefined);
    this.logGroup.grantWrite(this.role);
    this.function = new DockerImageFunction(this, "Function", {
      ...given({
        functionName: props.functionName,
        description: props.description,
        reservedConcurrentExecutions: props.reservedConcurrency,
        vpc: props.vpc,
      }),
      ...(props.securityGroups === undefined ? {} : { securityGroups: [...props.securityGroups] }),
      code: props.image.lambdaCode(),
      architecture: architectureOf(props),
      memorySize: memory.toMebibytes(),
      timeout,
      ephemeralStorageSize: ephemeralStorage,
      environment: { ...props.environment },
      logGroup: this.logGroup,
      role: this.role,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    this.version = this.function.currentVersion;
    // The class writes `string | undefined` where its own interface has an optional member.
    this.alias = new Alias(this, "Live", { aliasName: "live", version: this.version as IVersion });
  }

  /** Lets somebody call the bento, by its alias. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.alias.grantInvoke(grantee);
  }

  private makeLogGroup(retention = RetentionDays.ONE_MONTH): LogGroup {
    return new LogGroup(this, "Logs", { retention, removalPolicy: RemovalPolicy.RETAIN });
  }

  private makeRole(isInVpc: boolean): Role {
    const forVpc = "service-role/AWSLambdaVPCAccessExecutionRole";
    return new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      managedPolicies: isInVpc ? [ManagedPolicy.fromAwsManagedPolicyName(forVpc)] : [],
    });
  }
}

function architectureOf({ architecture, image }: BentoLambdaProps): Architecture {
  const own = image.platform === "linux/arm64" ? Architecture.ARM_64 : Architecture.X86_64;
  return architecture ?? own;
}

/** Values that CloudFormation computes cannot be checked here and are left out. */
function settingProblems(
  { functionName, reservedConcurrency, environment = {} }: BentoLambdaProps,
  {
    memory,
    timeout,
    ephemeralStorage,
  }: { memory: Size; timeout: Duration; ephemeralStorage: Size },
): string[] {
  return lambdaProblems({
    functionName: Token.isUnresolved(functionName) ? undefined : functionName,
    memoryMb: memory.isUnresolved()
      ? undefined
      : memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
    timeoutSeconds: timeout.isUnresolved() ? undefined : timeout.toSeconds({ integral: false }),
    ephemeralStorageMb: ephemeralStorage.isUnresolved()
      ? undefined
      : ephemeralStorage.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
    reservedConcurrency: Token.isUnresolved(reservedConcurrency) ? undefined : reservedConcurrency,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        Token.isUnresolved(value) ? "" : value,
      ]),
    ),
  });
}

function pairProblems({ logGroup, logRetention, vpc, securityGroups }: BentoLambdaProps): string[] {
  const problems: string[] = [];
  if (logGroup !== undefined && logRetention !== undefined) {
    problems.push("logRetention with a logGroup: set the retention on that log group");
  }
  if (securityGroups !== undefined && vpc === undefined) {
    problems.push("securityGroups without a vpc: give the vpc too");
  }
  return problems;
}

/** Without what is undefined, which the library's types tell apart from absent. */
function given<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> };
function given(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
