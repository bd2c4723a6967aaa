/**
 * A bento on AWS Lambda: a function from its image, its log group, its role, and the alias `live` on the current
 * version. Private: nobody may call it until `grantInvoke`. No assets, no custom resources.
 *
 * @module
 */
import { type Duration, RemovalPolicy, Tags } from "aws-cdk-lib";
import type { Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { Connections, type IConnectable, type ISecurityGroup } from "aws-cdk-lib/aws-ec2";
import {
  type Grant,
  type IGrantable,
  type IPrincipal,
  type IRole,
  ManagedPolicy,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  Alias,
  DockerImageFunction,
  type EventSourceMapping,
  type FunctionUrl,
  type ICapacityProvider,
  type IVersion,
  Version,
} from "aws-cdk-lib/aws-lambda";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { BentoError } from "../core/bento-error.ts";
import type { BentoLambdaProps } from "./bento-lambda-props.ts";
import { type BentoMetrics, ServiceMetrics } from "./bento-metrics.ts";
import { given } from "./given.ts";
import {
  attachCapacity,
  type Capacity,
  concurrencyOf,
  DEFAULT_MEMORY_PER_VCPU,
  functionResource,
  makeCapacity,
} from "./lambda-compute.ts";
import { architectureOf, type Chosen, chosenOf, computeOf, profileOf } from "./lambda-defaults.ts";
import { refuseLambdaProblems } from "./lambda-limits.ts";
import { lambdaMetrics } from "./lambda-metrics.ts";
import { propsProblems } from "./lambda-problems.ts";
import { type AttachedQueue, attachQueue } from "./lambda-queue.ts";
import { makeUrl } from "./lambda-url.ts";
import { pinFlags } from "./pinned-flags.ts";

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
  /** That before it; undefined without one. */
  readonly queue: IQueue | undefined;
  /** Where messages go that failed; undefined where the queue was there already. */
  readonly deadLetterQueue: IQueue | undefined;
  /** What makes events of messages; undefined without a queue. */
  readonly queueEvents: EventSourceMapping | undefined;
  /** Its `url` is the address; undefined without one. */
  readonly url: FunctionUrl | undefined;
  /** What is worth watching, for BentoAlarms and BentoDashboard. */
  readonly metrics: BentoMetrics;
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
    this.function = this.#makeFunction(props, chosen);
    const capacity = this.#applyCompute(props, chosen);
    this.capacityProvider = capacity?.provider;
    this.#securityGroups = capacity?.securityGroups ?? networkOf(this.function, props);
    this.version = this.#makeVersion(props);
    this.alias = this.#makeAlias(props);
    this.url = props.url && makeUrl(this, this.alias, props.url);
    const attached = this.#attachQueue(props, chosen.timeout);
    this.queue = attached?.queue;
    this.deadLetterQueue = attached?.deadLetterQueue;
    this.queueEvents = attached?.mapping;
    const serviceName = props.image.bentoName;
    this.metrics = lambdaMetrics({
      alias: this.alias,
      queue: this.queue,
      deadLetterQueue: this.deadLetterQueue,
      service: serviceName === undefined ? undefined : new ServiceMetrics({ serviceName }),
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

  /**
   * Lets somebody call the URL of a bento whose `auth` is `iam`; only so, not by Lambda's API.
   *
   * @throws BentoError BENTO_INVALID_INPUT when it has no URL
   */
  grantInvokeUrl(grantee: IGrantable): Grant {
    if (this.url === undefined) {
      throw new BentoError("BENTO_INVALID_INPUT", "a bento without a url", {
        where: this.node.path,
        hint: 'set url: { auth: "iam" }, or use grantInvoke',
      });
    }
    return this.url.grantInvokeUrl(grantee);
  }

  /**
   * One of Lambda's metrics of the alias, e.g. `Duration`.
   *
   * @param options - @default the average over 5 minutes
   */
  metric(name: string, options?: MetricOptions): Metric {
    return this.alias.metric(name, options);
  }

  /**
   * One of the server's own metrics, e.g. `request_duration_seconds`.
   *
   * @throws BentoError BENTO_INVALID_INPUT when the image does not say which bento it is
   */
  metricService(name: string, options?: MetricOptions): Metric {
    if (this.metrics.service === undefined) {
      throw new BentoError("BENTO_INVALID_INPUT", "metrics of a bento of unknown name", {
        where: this.node.path,
        hint: "give BentoImage.fromEcr the bentoName, or use BentoImage.fromLock",
      });
    }
    return this.metrics.service.metric(name, options);
  }

  /** Invocations that failed as such; an HTTP answer with a status of 500 is none. */
  metricErrors(options?: MetricOptions): Metric {
    return this.alias.metricErrors(options);
  }

  metricInvocations(options?: MetricOptions): Metric {
    return this.alias.metricInvocations(options);
  }

  metricThrottles(options?: MetricOptions): Metric {
    return this.alias.metricThrottles(options);
  }

  /** In milliseconds. */
  metricDuration(options?: MetricOptions): Metric {
    return this.alias.metricDuration(options);
  }

  #applyCompute(props: BentoLambdaProps, chosen: Chosen): Capacity | undefined {
    const { settings } = computeOf(props);
    if (settings.kind === "standard") {
      if (settings.snapStart === true) {
        // The oldest library's own property is for other runtimes than images.
        functionResource(this.function).snapStart = { applyOn: "PublishedVersions" };
      }
      return undefined;
    }
    const capacity = makeCapacity(this, settings, {
      architecture: architectureOf(props),
      permissionsBoundary: props.permissionsBoundary,
    });
    attachCapacity(this.function, capacity.provider, {
      maxConcurrency: concurrencyOf(settings, {
        memory: chosen.memory,
        profile: profileOf(chosen.environment),
      }),
      memoryPerVCpu: settings.memoryPerVCpu ?? DEFAULT_MEMORY_PER_VCPU,
    });
    return capacity;
  }

  #makeAlias(props: BentoLambdaProps): Alias {
    const { settings } = computeOf(props);
    return new Alias(this, "Live", {
      aliasName: "live",
      // The class writes `string | undefined` where its own interface has an optional member.
      version: this.version as IVersion,
      ...(settings.kind === "standard"
        ? given({ provisionedConcurrentExecutions: settings.provisionedConcurrency })
        : {}),
    });
  }

  #attachQueue({ queue }: BentoLambdaProps, timeout: Duration): AttachedQueue | undefined {
    return queue && attachQueue(this, queue, { alias: this.alias, role: this.role, timeout });
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
  #makeVersion({ traffic, image }: BentoLambdaProps): Version {
    if (traffic !== "cli") {
      return this.function.currentVersion;
    }
    // by these the CLI knows that it may move it
    Tags.of(this.function).add("bento:traffic", "cli");
    if (image.bentoName !== undefined) {
      Tags.of(this.function).add("bento:name", image.bentoName);
    }
    return new Version(this, "FirstVersion", {
      lambda: this.function,
      removalPolicy: RemovalPolicy.RETAIN,
    });
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

function networkOf(
  lambda: DockerImageFunction,
  { vpc }: BentoLambdaProps,
): readonly ISecurityGroup[] {
  return vpc === undefined ? [] : lambda.connections.securityGroups;
}
