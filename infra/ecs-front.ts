/**
 * What stands before the tasks: a load balancer, two target groups that the versions alternate between, and the rule by
 * which traffic is split. ECS moves the rule's weights, so its template never changes once it is made: an update of it
 * would send traffic to a version that is gone.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
} from "aws-cdk-lib/aws-ec2";
import {
  ApplicationListener,
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  ListenerCondition,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { BENTO_PORT } from "./ecs-task.ts";

export interface FrontParts {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly isInternetFacing: boolean;
  readonly certificate: ICertificate | undefined;
  readonly securityGroups: readonly ISecurityGroup[] | undefined;
  readonly accessLogBucket: IBucket | undefined;
  /** Longest time to an answer. */
  readonly requestTimeout: Duration;
  readonly drain: Duration;
}

export interface Front {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly rule: ApplicationListenerRule;
  readonly targetGroups: readonly [ApplicationTargetGroup, ApplicationTargetGroup];
}

/**
 * @param scope - gets `LoadBalancerGroup`, `LoadBalancer`, `Listener`, `Rule`, `Blue` and `Green`
 */
export function makeFront(scope: Construct, parts: FrontParts): Front {
  const [first, ...others] = parts.securityGroups ?? [loadBalancerGroup(scope, parts.vpc)];
  const loadBalancer = new ApplicationLoadBalancer(scope, "LoadBalancer", {
    vpc: parts.vpc,
    vpcSubnets: parts.subnets,
    internetFacing: parts.isInternetFacing,
    ...(first === undefined ? {} : { securityGroup: first }),
    dropInvalidHeaderFields: true,
    // Later than the service itself, which says more.
    idleTimeout: parts.requestTimeout.plus(Duration.seconds(10)),
  });
  for (const group of others) {
    loadBalancer.addSecurityGroup(group);
  }
  if (parts.accessLogBucket !== undefined) {
    loadBalancer.logAccessLogs(parts.accessLogBucket);
  }
  const listener = makeListener(scope, loadBalancer, parts);
  const blue = targetGroup(scope, "Blue", parts);
  const green = targetGroup(scope, "Green", parts);
  const rule = new ApplicationListenerRule(scope, "Rule", {
    listener,
    priority: 1,
    conditions: [ListenerCondition.pathPatterns(["/*"])],
    action: ListenerAction.weightedForward([
      { targetGroup: blue, weight: 100 },
      { targetGroup: green, weight: 0 },
    ]),
  });
  return { loadBalancer, listener, rule, targetGroups: [blue, green] };
}

function makeListener(
  scope: Construct,
  loadBalancer: ApplicationLoadBalancer,
  { certificate, isInternetFacing }: FrontParts,
): ApplicationListener {
  const listener = new ApplicationListener(scope, "Listener", {
    loadBalancer,
    open: false,
    ...(certificate === undefined
      ? { protocol: ApplicationProtocol.HTTP, port: 80 }
      : {
          protocol: ApplicationProtocol.HTTPS,
          port: 443,
          certificates: [certificate],
          sslPolicy: SslPolicy.TLS13_RES, // said here, or a feature flag decides
        }),
    defaultAction: ListenerAction.fixedResponse(404),
  });
  if (isInternetFacing) {
    listener.connections.allowDefaultPortFromAnyIpv4("asked for by internetFacing");
  }
  return listener;
}

function targetGroup(
  scope: Construct,
  id: string,
  { vpc, drain }: FrontParts,
): ApplicationTargetGroup {
  return new ApplicationTargetGroup(scope, id, {
    vpc,
    targetType: TargetType.IP,
    protocol: ApplicationProtocol.HTTP,
    port: BENTO_PORT,
    deregistrationDelay: drain,
    // Answers take unlike times, and a batch is no reason to wait behind a long one.
    loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
    healthCheck: {
      path: "/readyz",
      healthyHttpCodes: "200",
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

function loadBalancerGroup(scope: Construct, vpc: IVpc): ISecurityGroup {
  return new SecurityGroup(scope, "LoadBalancerGroup", {
    vpc,
    description: "Load balancer of a bento: whom it is opened to in, its tasks out",
    allowAllOutbound: false,
  });
}
