import { Duration, Lazy, Size, Stack, Token } from "aws-cdk-lib";
import { InstanceType, MachineImage } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Cluster, type ICluster, Secret as TaskSecret } from "aws-cdk-lib/aws-ecs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { formatImageLock } from "../../core/image-lock.ts";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoGpuCapacity } from "../../infra/ecs-capacity.ts";
import { BentoRollout } from "../../infra/ecs-rollout.ts";
import { bentoQueueRows } from "../../infra/ecs-scaling.ts";
import { group, type Props, stand } from "../support/gpu-service-stand.ts";
import { tempDir } from "../support/temp-dir.ts";

function problemsOf(props: Props): string {
  try {
    stand(() => props);
  } catch (error) {
    expect(error).toMatchObject({ code: "BENTO_INVALID_INPUT", where: "Shop/Iris" });
    return error instanceof Error ? error.message : "";
  }
  return "no problem";
}

const types = (...allowedInstanceTypes: string[]) => ({
  capacity: BentoGpuCapacity.managedInstances({ allowedInstanceTypes }),
});
const metric = bentoQueueRows({ serviceName: "iris", runnerName: "classify" });

describe("BentoEcsGpuService", () => {
  it.each<[string, Props, string]>([
    ["no GPU", { gpuCount: 0 }, "GPUs of a task 0: a whole number from 1 to 16"],
    ["half a GPU", { gpuCount: 0.5 }, "GPUs of a task 0.5: a whole number from 1 to 16"],
    [
      "more GPUs than an instance has",
      { gpuCount: 2, ...types("g6.xlarge") },
      "a task of 2 GPUs, 2 vCPUs, 8 GiB: g6.xlarge has 1 GPU, 4 vCPUs, 16 GiB, some of which ECS keeps",
    ],
    [
      "all the memory of an instance",
      { memory: Size.gibibytes(16), ...types("g5.xlarge", "g4dn.xlarge") },
      "a task of 1 GPU, 2 vCPUs, 16 GiB: no size of g5.xlarge, g4dn.xlarge has it, at most 1 GPU, 4 vCPUs, 16 GiB, some of which ECS keeps",
    ],
    [
      "more vCPUs than a family has",
      { cpu: 128, ...types("g4dn.*") },
      "a task of 1 GPU, 128 vCPUs, 8 GiB: no size of g4dn.* has it, at most 8 GPUs, 96 vCPUs, 384 GiB, some of which ECS keeps",
    ],
    [
      "instances without GPUs",
      types("m7i.large"),
      'instance type "m7i.large": has no NVIDIA GPU; families g4dn, g5, g6, g6e, p4d, p5 have',
    ],
    [
      "GPUs of another maker",
      types("g4ad.xlarge"),
      'instance type "g4ad.xlarge": has no NVIDIA GPU; families g4dn, g5, g6, g6e, p4d, p5 have',
    ],
    ["a family alone", types("g6"), 'instance type "g6": a type as g6.xlarge, or a family as g6.*'],
    ["no types", types(), "no instance types: one at least, e.g. g6.*"],
    ["no vCPU", { cpu: 0 }, "cpu 0 vCPUs: a number from 0.125 to 192 vCPUs"],
    [
      "memory in parts",
      { memory: Size.kibibytes(2_000_001) },
      "memory 1953.1259765625 MB: a whole number from 128 to 2097152 MB",
    ],
    ["more tasks at rest than GPUs", { minTasks: 3, maxGpus: 2 }, "3 GPUs for 3 tasks: 2 at most"],
    [
      "twice the GPUs while versions change",
      { minTasks: 2, maxGpus: 2 },
      "4 GPUs while two versions run, with maxTasks 2: 2 at most; the rollout recreate needs 2, with nobody answering meanwhile",
    ],
    [
      "a group that is too small for two versions",
      { capacity: group(1) },
      "2 GPUs while two versions run, with maxTasks 1: 1 at most; the rollout recreate needs 1, with nobody answering meanwhile",
    ],
    [
      "a group that starts larger than it may be",
      {
        rollout: BentoRollout.recreate(),
        capacity: BentoGpuCapacity.autoScalingGroup({
          instanceType: new InstanceType("g6.xlarge"),
          machineImage: MachineImage.genericLinux({}),
          minInstances: 2,
          maxInstances: 1,
        }),
      },
      "minInstances 2: from 0 to maxInstances, 1",
    ],
    [
      "a group in a cluster that is there",
      {
        capacity: group(),
        cluster: Cluster.fromClusterArn(
          new Stack(),
          "Cluster",
          "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
        ) as ICluster,
      },
      "an Auto Scaling group of its own in a cluster that is there: its capacity providers would be replaced; add the group to the cluster, and name it by BentoGpuCapacity.existing",
    ],
    [
      "capacity of no cluster",
      { capacity: BentoGpuCapacity.existing({ capacityProviderName: "gpus" }) },
      "capacity provider gpus of no cluster: give the cluster too",
    ],
    [
      "no task",
      { minTasks: 0 },
      "minTasks 0: a whole number from 1 to 5000\nmaxTasks 0: a whole number from 1 to 5000",
    ],
    [
      "fewer tasks at most than at least",
      { minTasks: 4, maxTasks: 2, requestsPerTask: 60 },
      "maxTasks 2: at least minTasks, 4",
    ],
    [
      "nothing to scale by",
      { maxTasks: 4 },
      "maxTasks 4 and nothing to scale by: give requestsPerTask or queueRowsPerTask",
    ],
    [
      "no room to scale",
      { requestsPerTask: 60 },
      "scaling between 1 and 1 tasks: give a larger maxTasks",
    ],
    [
      "a queue that is not measured",
      { maxTasks: 2, queueRowsPerTask: 64 },
      "queueRowsPerTask without a queueMetric: give bentoQueueRows({ serviceName, runnerName })",
    ],
    [
      "a queue without an aim",
      { queueMetric: metric },
      "queueMetric without queueRowsPerTask: give the rows of one task that scaling aims at",
    ],
    [
      "everybody without a certificate",
      { internetFacing: true },
      "internetFacing without a certificate: give the certificate of its name",
    ],
    [
      "a long drain",
      { drain: Duration.minutes(2) },
      "drain 120 s: a whole number from 10 to 110 s",
    ],
    [
      "a long answer",
      { requestTimeout: Duration.hours(2) },
      "request timeout 7200 s: a whole number from 1 to 3600 s\np99 limit 7200 s: a number from 0.001 to 3600 s",
    ],
    [
      "a short start",
      { startTimeout: Duration.seconds(1) },
      "start timeout 1 s: a whole number from 10 to 7200 s",
    ],
    ["too many errors", { errorPercentLimit: 101 }, "error limit 101 %: a number from 0 to 100 %"],
    [
      "a canary of nothing",
      { rollout: BentoRollout.canary({ percent: 0 }) },
      "canary 0 %: a number from 0.1 to 100 %",
    ],
    [
      "small steps",
      { rollout: BentoRollout.linear({ percent: 2 }) },
      "linear 2 %: a number from 3 to 100 %",
    ],
    [
      "a bake of seconds",
      { rollout: BentoRollout.canary({ bake: Duration.seconds(30) }) },
      "bake 0.5 minutes: a whole number from 0 to 1440 minutes",
    ],
    [
      "a long bake",
      { rollout: BentoRollout.blueGreen({ bakeAfter: Duration.days(2) }) },
      "bakeAfter 2880 minutes: a whole number from 0 to 1440 minutes",
    ],
    [
      "a long pause",
      { rollout: BentoRollout.blueGreen({ pauseTimeout: Duration.days(15) }) },
      "pause timeout 21600 minutes: a whole number from 1 to 20160 minutes",
    ],
    [
      "a bad name",
      { serviceName: "iris.prod" },
      'service name "iris.prod": 1 to 255 of A-Z a-z 0-9 _ -',
    ],
    [
      "variables that are set already",
      {
        environment: {
          PORT: "8080",
          NVIDIA_VISIBLE_DEVICES: "all",
          HOME: "/",
          BENTO_DRAIN_SECONDS: "9",
        },
      },
      "environment variable BENTO_DRAIN_SECONDS: it is set to the drain, which ECS and the load balancer wait for too\nenvironment variable HOME: only /tmp can be written to\nenvironment variable NVIDIA_VISIBLE_DEVICES: ECS sets it to the GPUs of the task\nenvironment variable PORT: the load balancer asks at 3000",
    ],
    [
      "a variable with a dash",
      { environment: { "LOG-LEVEL": "3" } },
      'environment variable "LOG-LEVEL": a letter or _, then A-Z a-z 0-9 _',
    ],
    [
      "a secret in clear",
      {
        environment: { TOKEN: "1" },
        secrets: {
          TOKEN: TaskSecret.fromSsmParameter(
            StringParameter.fromStringParameterName(new Stack(), "Token", "/token"),
          ),
        },
      },
      "environment variable TOKEN: in clear and as a secret, not both",
    ],
    [
      "a large environment",
      { environment: { TEXT: "é".repeat(30_000) } },
      "environment variables of 60004 bytes: 60000 bytes at most",
    ],
    [
      "two kinds of retention",
      {
        logRetention: RetentionDays.ONE_DAY,
        logGroup: LogGroup.fromLogGroupName(new Stack(), "Log", "/mine"),
      },
      "logRetention with a logGroup: set the retention on that log group",
    ],
    [
      "no security group",
      { securityGroups: [] },
      "an empty list of security groups: leave it out for one that is made",
    ],
    [
      "a computed time",
      { drain: Duration.seconds(Lazy.number({ produce: () => 60 })) },
      "drain that CloudFormation computes: a value that is known here",
    ],
    [
      "several problems at once",
      { gpuCount: 17, drain: Duration.seconds(1) },
      "GPUs of a task 17: a whole number from 1 to 16\ndrain 1 s: a whole number from 10 to 110 s\na task of 17 GPUs, 2 vCPUs, 8 GiB: no size of g6.* has it, at most 8 GPUs, 192 vCPUs, 768 GiB, some of which ECS keeps",
    ],
  ])("fails with %s", (_what, props, message) => {
    expect(problemsOf(props)).toBe(message);
  });

  it("fails with an image for another processor", async () => {
    await using dir = await tempDir();
    const file = `${dir.path}/bento.image.json`;
    const { writeFile } = await import("node:fs/promises");
    const lock = {
      schema: 1,
      bento: { tag: "iris:v1", digest: digestOf("bento") },
      image: { digest: digestOf("image"), platform: "linux/arm64" },
      base: { digest: digestOf("base") },
    } as const;
    await writeFile(file, formatImageLock(lock));
    const repository = Repository.fromRepositoryName(new Stack(), "Images", "bento/iris");
    const image = BentoImage.fromLock(file, { repository });
    expect(problemsOf({ image })).toBe(
      'instance type "g6.*": runs linux/amd64, the image is for linux/arm64',
    );
    expect(problemsOf({ image, ...types("g5g.*") })).toBe("no problem");
  });

  it("leaves alone what CloudFormation computes", () => {
    expect(
      problemsOf({
        serviceName: Lazy.string({ produce: () => "a.b" }),
        environment: { TABLE: Lazy.string({ produce: () => "t".repeat(70_000) }) },
        minTasks: Token.asNumber({ Ref: "Least" }),
        maxTasks: Token.asNumber({ Ref: "Most" }),
        requestsPerTask: Token.asNumber({ Ref: "Requests" }),
        maxGpus: 1,
      }),
    ).toBe("no problem");
  });

  it("leaves to AWS what it does not know", () => {
    expect(problemsOf(types("g9.*"))).toBe("no problem");
  });

  it("needs the GPUs of one version where the old one stops first", () => {
    expect(problemsOf({ minTasks: 2, maxGpus: 2, rollout: BentoRollout.recreate() })).toBe(
      "no problem",
    );
  });
});
