/**
 * Classic Lambda: one request per environment, scales to zero. Watched by alarms, shown on a dashboard.
 *
 * @module
 */
import { type App, Duration } from "aws-cdk-lib";
import { BentoAlarms, BentoDashboard, BentoLambda } from "bentokit/cdk";
import { irisImage } from "./iris-image.ts";
import { newStack } from "./new-stack.ts";

export function addLambdaStack(app: App): void {
  const stack = newStack(app, {
    stackName: "iris-lambda",
    description: "iris_classifier on AWS Lambda",
  });
  const { metrics } = new BentoLambda(stack, "Iris", { image: irisImage(stack) });
  const alarms = new BentoAlarms(stack, "Alarms", {
    metrics,
    maxLatencyP99: Duration.millis(500),
  });
  new BentoDashboard(stack, "Dashboard", { metrics, alarms });
}
