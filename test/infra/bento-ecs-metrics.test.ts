import { Duration } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { embeddedMetrics } from "../../handler/metrics/embedded-metrics.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { bentoQueueRows } from "../../infra/ecs-scaling.ts";
import { stand } from "../support/gpu-service-stand.ts";

describe("BentoEcsGpuService", () => {
  it("has metrics of refusals apart from errors, where the name of the bento is known", () => {
    const expressions = ["iris", undefined].map((bentoName) => {
      const { bento } = stand((own) => ({
        image: BentoImage.fromEcr({
          repository: Repository.fromRepositoryName(own, "Named", "bento/iris"),
          digest: digestOf("image"),
          ...(bentoName === undefined ? {} : { bentoName }),
        }),
      }));
      const { errors, rejects } = bento.metrics;
      return [errors, rejects].map((metric) => metric?.toMetricConfig().mathExpression?.expression);
    });
    expect(expressions).toMatchInlineSnapshot(`
      [
        [
          "IF(FILL(tasks, 0) > FILL(m503, 0), FILL(tasks, 0) - FILL(m503, 0), 0) + FILL(balancer, 0)",
          "FILL(m429, 0) + FILL(m503, 0)",
        ],
        [
          "FILL(tasks, 0) + FILL(balancer, 0)",
          undefined,
        ],
      ]
    `);
  });

  it("stops its tasks as the load balancer and the server do: what was taken is answered, then it ends", () => {
    const { template } = stand(() => ({ drain: Duration.seconds(45) }));
    const made = template();
    made.hasResourceProperties("AWS::ElasticLoadBalancingV2::TargetGroup", {
      TargetGroupAttributes: Match.arrayWith([
        { Key: "deregistration_delay.timeout_seconds", Value: "45" },
      ]),
    });
    made.hasResourceProperties("AWS::ECS::TaskDefinition", {
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([{ Name: "BENTO_DRAIN_SECONDS", Value: "45" }]),
          StopTimeout: 55,
        }),
      ],
    });
  });

  it("sends no metrics where it is told so", () => {
    const { template } = stand(() => ({ environment: { BENTO_METRICS: "" } }));
    template().hasResourceProperties("AWS::ECS::TaskDefinition", {
      ContainerDefinitions: [
        Match.objectLike({ Environment: Match.arrayWith([{ Name: "BENTO_METRICS", Value: "" }]) }),
      ],
    });
  });
});

interface EmbeddedLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** The metrics that CloudWatch makes of lines, each as `namespace name {dimensions}`. */
function extracted(lines: readonly EmbeddedLine[]): string[] {
  return lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) =>
        Metrics.map(({ Name }) => {
          const dimensions = Object.fromEntries(names.map((name) => [name, line[name]]));
          return `${Namespace} ${Name} ${JSON.stringify(dimensions)}`;
        }),
      ),
    ),
  );
}

describe("bentoQueueRows", () => {
  it("is a metric that a server sends by its log", () => {
    const lines: EmbeddedLine[] = [];
    const sent = embeddedMetrics({
      write: (line) => void lines.push(JSON.parse(line)),
      now: () => 0,
    });
    const metrics = sent.create({ serviceName: "iris", serviceVersion: "v1" });
    metrics.batcher("classify", 32).gauges(() => ({ queuedRows: 3, running: 1 }));
    sent.sample();
    sent.flush();
    const rows = bentoQueueRows({ serviceName: "iris", runnerName: "classify" });
    const { namespace, metricName, dimensions } = rows;
    expect(extracted(lines)).toContain(`${namespace} ${metricName} ${JSON.stringify(dimensions)}`);
  });
});
