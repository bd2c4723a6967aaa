import { join } from "node:path";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IAlias } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { BentoAlarms, type BentoAlarmsProps } from "../../infra/bento-alarms.ts";
import { BentoDashboard } from "../../infra/bento-dashboard.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import { type BentoMetrics, ServiceMetrics } from "../../infra/bento-metrics.ts";
import { BentoQueue } from "../../infra/bento-queue.ts";
import { expectGolden } from "../support/golden-file.ts";
import { irisImage } from "../support/lambda-stack.ts";

const metric = (metricName: string) => new Metric({ namespace: "Any", metricName });

/** What every platform has. */
const LEAST: BentoMetrics = {
  requests: metric("Requests"),
  errors: metric("Errors"),
  latencyP50: metric("P50"),
  latencyP99: metric("P99"),
};

function withAlarms(
  metrics: BentoMetrics,
  make: (stack: Stack) => Partial<BentoAlarmsProps> = () => ({}),
) {
  const stack = new Stack(new App(), "Shop");
  const alarms = new BentoAlarms(stack, "Alarms", { metrics, ...make(stack) });
  return { stack, alarms, template: () => Template.fromStack(stack) };
}

function irisWithQueue() {
  const stack = new Stack(new App(), "Shop");
  const iris = new BentoLambda(stack, "Iris", {
    image: irisImage(stack),
    queue: BentoQueue.create(),
  });
  return { stack, iris };
}

describe("BentoAlarms", () => {
  it("watches a bento on Lambda with a queue", async () => {
    const { stack, iris } = irisWithQueue();
    const topic = Topic.fromTopicArn(stack, "Topic", "arn:aws:sns:eu-central-1:123456789012:ops");
    const alarms = new BentoAlarms(stack, "Alarms", {
      metrics: iris.metrics,
      topic,
      maxLatencyP99: Duration.millis(250),
    });
    new BentoDashboard(stack, "Dashboard", { metrics: iris.metrics, alarms });
    const resources: Record<string, { Type: string }> =
      Template.fromStack(stack).toJSON()["Resources"];
    const watching = Object.entries(resources).filter(([, { Type }]) => /CloudWatch/.test(Type));
    const text = `${canonicalJson(Object.fromEntries(watching), 2)}\n`;
    await expectGolden(join(import.meta.dirname, "golden", "bento-alarms.json"), text);
    expect(alarms.all).toHaveLength(5);
  });

  it("makes no alarm on what a platform has no metric of", () => {
    const { alarms, template } = withAlarms(LEAST);
    template().resourceCountIs("AWS::CloudWatch::Alarm", 1);
    expect({ ...alarms }).toMatchObject({
      rejects: undefined,
      latency: undefined,
      queueAge: undefined,
      deadLetters: undefined,
      all: [alarms.errors],
    });
  });

  it("alarms at the limits that it is given", () => {
    const made = withAlarms(
      { ...LEAST, throttles: metric("Throttles"), queueAge: metric("Age") },
      () => ({
        maxErrorPercent: 0,
        maxRejectPercent: 20,
        maxLatencyP99: Duration.seconds(2),
        maxQueueAge: Duration.hours(1),
        evaluationMinutes: 1,
      }),
    ).template();
    const limits = Object.values(made.findResources("AWS::CloudWatch::Alarm")).map(
      ({ Properties }) => [Properties.AlarmDescription, Properties.Threshold],
    );
    expect(limits).toEqual([
      ["more than 0 % of requests fail", 0],
      ["more than 20 % of requests are turned away", 20],
      ["p99 of the time to the answer is over its objective", 2],
      ["messages wait too long", 3600],
    ]);
    made.allResourcesProperties("AWS::CloudWatch::Alarm", {
      EvaluationPeriods: 1,
      TreatMissingData: "notBreaching",
      AlarmActions: Match.absent(),
    });
  });

  it("does what it is told when an alarm begins", () => {
    const { stack, iris } = irisWithQueue();
    new BentoAlarms(stack, "Alarms", {
      metrics: LEAST,
      actions: [new LambdaAction(iris.alias as IAlias)],
    });
    Template.fromStack(stack).hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmActions: [{ Ref: "IrisLiveD3F62FD2" }],
      OKActions: Match.absent(),
    });
  });

  it.each<[Partial<BentoAlarmsProps>, string]>([
    [{ maxErrorPercent: -1 }, "maxErrorPercent -1: 0 to 100 percent"],
    [{ maxRejectPercent: 101 }, "maxRejectPercent 101: 0 to 100 percent"],
    [{ evaluationMinutes: 0 }, "evaluationMinutes 0: a whole number from 1"],
  ])("fails with %j", (props, message) => {
    expect(() => withAlarms(LEAST, () => props)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", where: "Shop/Alarms", message }),
    );
  });
});

describe("BentoDashboard", () => {
  it("shows what there is", () => {
    const stack = new Stack(new App(), "Shop");
    new BentoDashboard(stack, "Dashboard", { metrics: LEAST, dashboardName: "iris" });
    const template = Template.fromStack(stack);
    const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
    const text = JSON.stringify(dashboard?.["Properties"].DashboardBody);
    const titles = [...text.matchAll(/title\\+":\\+"([^\\]+)/g)].map(([, title]) => title);
    expect([dashboard?.["Properties"].DashboardName, titles]).toEqual([
      "iris",
      ["Requests", "Time to the answer"],
    ]);
  });
});

describe("ServiceMetrics", () => {
  it("names metrics as the server does", () => {
    const service = new ServiceMetrics({ serviceName: "iris", namespace: "shop" });
    const { namespace, metricName, dimensions } = service.metric("request_duration_seconds", {
      dimensionsMap: { endpoint: "/classify", http_response_code: "200" },
    });
    expect({ namespace, metricName, dimensions }).toEqual({
      namespace: "shop",
      metricName: "shop_request_duration_seconds",
      dimensions: { endpoint: "/classify", http_response_code: "200", service_name: "iris" },
    });
    expect(service.search("runner_adaptive_batch_size", "Average")).toBe(
      `SEARCH('{shop,service_name,runner_name} MetricName="shop_runner_adaptive_batch_size" service_name="iris"', 'Average', 300)`,
    );
  });
});

describe("BentoLambda's metrics", () => {
  it("are Lambda's of the alias and the server's own", () => {
    const { stack, iris } = irisWithQueue();
    const names = [
      iris.metric("Duration"),
      iris.metricErrors(),
      iris.metricInvocations(),
      iris.metricThrottles(),
      iris.metricDuration(),
      iris.metricService("request_total"),
    ].map(({ namespace, metricName }) => `${namespace} ${metricName}`);
    expect(stack.resolve(names)).toEqual([
      "AWS/Lambda Duration",
      "AWS/Lambda Errors",
      "AWS/Lambda Invocations",
      "AWS/Lambda Throttles",
      "AWS/Lambda Duration",
      "bentoml bentoml_request_total",
    ]);
  });

  it("fail where nobody said which bento it is", () => {
    const stack = new Stack(new App(), "Shop");
    const { repository, digest } = irisImage(stack);
    const iris = new BentoLambda(stack, "Iris", {
      image: BentoImage.fromEcr({ repository, digest }),
    });
    expect(iris.metrics.service).toBe(undefined);
    expect(() => iris.metricService("request_total")).toThrow(
      expect.objectContaining({
        message: "metrics of a bento of unknown name",
        hint: "give BentoImage.fromEcr the bentoName, or use BentoImage.fromLock",
      }),
    );
  });
});
