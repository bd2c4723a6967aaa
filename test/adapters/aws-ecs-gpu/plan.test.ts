import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Desired } from "../../../adapters/adapter.ts";
import { awsEcsGpuAdapter } from "../../../adapters/aws-ecs-gpu/adapter.ts";
import type { EcsObserved } from "../../../adapters/aws-ecs-gpu/observed.ts";
import { digestOf } from "../../../core/digest.ts";
import { formatPlan, isNoop, type Plan } from "../../../core/plan.ts";
import { expectGolden } from "../../support/golden-file.ts";
import { stubManifest } from "../../support/stub-bento.ts";
import { desiredEcs, GPU_IMAGE, standing } from "./desired-ecs.ts";

const next = { image: { ...GPU_IMAGE, digest: digestOf("next") } };

function plan(desired: ReturnType<typeof desiredEcs>, observed?: EcsObserved): Plan {
  return awsEcsGpuAdapter.plan(desired, observed);
}

function brief(made: Plan) {
  return made.actions.map(({ kind, reasons, risk }) => ({ kind, reasons, risk }));
}

describe("planAwsEcsGpu", () => {
  it("plans a first deploy as a person would read it", async () => {
    const desired = desiredEcs(
      { account: "123456789012", region: "eu-central-1" },
      { variables: { LEVEL: "3" } },
    );
    const made = plan(desired, {
      account: "123456789012",
      region: "eu-central-1",
      hasRepository: false,
      hasImage: false,
    });
    await expectGolden(join(import.meta.dirname, "golden", "first-plan.json"), formatPlan(made));
  });

  it("has nothing to do where everything stands", () => {
    expect(isNoop(plan(desiredEcs(), standing(desiredEcs())))).toBe(true);
  });

  it("plans a new version as its task definition and its service, and nothing else", async () => {
    const made = plan(desiredEcs({}, next), { ...standing(desiredEcs()), hasImage: false });
    await expectGolden(join(import.meta.dirname, "golden", "next-plan.json"), formatPlan(made));
  });

  it("says that recreate interrupts, and that it wants no more GPUs", () => {
    const options = { rollout: "recreate", minTasks: 2 };
    const made = plan(desiredEcs(options, next), standing(desiredEcs(options)));
    expect(brief(made)).toEqual([
      { kind: "version", reasons: ["a new revision for stub_service:v1"], risk: "none" },
      {
        kind: "traffic",
        reasons: ["the old tasks stop before the new ones start"],
        risk: "interrupts",
      },
    ]);
    expect(made.warnings).toEqual([
      "a rollout by recreate wants 2 GPUs, 2 at most, and nothing answers between two versions",
      "plain HTTP inside the network: set certificate for HTTPS",
    ]);
  });

  it("announces what takes the place of what stands", () => {
    const asg = { capacity: "asg", amiId: "ami-0a", region: "eu-central-1" };
    const made = plan(desiredEcs(asg), standing(desiredEcs()));
    expect(brief(made)[0]).toEqual({
      kind: "replace",
      reasons: [
        "amiId changes",
        "capacity changes",
        "instanceTypes changes",
        "capacity cannot be changed on what stands: another takes its place",
      ],
      risk: "interrupts",
    });
  });

  it("deletes and creates again what failed to be created", () => {
    const stood = standing(desiredEcs());
    const stack = { id: "1", status: "ROLLBACK_COMPLETE", bento: "stub_service" };
    const made = plan(desiredEcs(), { ...stood, stack, service: undefined });
    expect(made.actions.map(({ kind, risk }) => `${kind} ${risk}`)).toEqual([
      "delete destroys",
      "create none",
      "version none",
      "traffic none",
    ]);
  });

  it("returns to what the stack says when somebody changed the service past it", () => {
    const stood = standing(desiredEcs());
    const service = { desiredTasks: 1, runningTasks: 1, imageDigest: digestOf("other") };
    expect(brief(plan(desiredEcs(), { ...stood, service }))).toEqual([
      {
        kind: "traffic",
        reasons: [
          "somebody changed the service past its stack: it runs another image than that says",
        ],
        risk: "none",
      },
    ]);
  });

  it("waits for what CloudFormation is at", () => {
    const stood = standing(desiredEcs());
    const stack = { ...stood.stack, id: "1", status: "UPDATE_IN_PROGRESS" };
    const made = plan(desiredEcs(), { ...stood, stack });
    expect(brief(made)).toEqual([
      {
        kind: "update",
        reasons: ["CloudFormation is at work on it (UPDATE_IN_PROGRESS), which is waited for"],
        risk: "none",
      },
    ]);
  });

  it.each<[string, Partial<EcsObserved>, string, string]>([
    [
      "a stack of another bento",
      { stack: { id: "1", status: "CREATE_COMPLETE", bento: "other" } },
      `stack bento-stub-service is the bento "other"'s, not stub_service's`,
      "deploy under another name with --name, or destroy what is there first",
    ],
    [
      "a repository of another bento",
      { repositoryBento: "other" },
      `repository bento/stub-service is the bento "other"'s, not stub_service's`,
      "deploy under another name with --name, or destroy what is there first",
    ],
    [
      "a stack whose roll back failed",
      { stack: { id: "1", status: "UPDATE_ROLLBACK_FAILED", bento: "stub_service" } },
      "the stack is UPDATE_ROLLBACK_FAILED and takes no update",
      "mend what its events name, then: aws cloudformation continue-update-rollback --stack-name bento-stub-service",
    ],
    [
      "a deployment that waits for a word",
      {
        service: { desiredTasks: 1, runningTasks: 2, pausedAt: "POST_SCALE_UP" },
      },
      "a deployment waits at POST_SCALE_UP",
      "let it go on: bento deployment complete stub-service --platform aws-ecs-gpu; or take it back: bento deployment abort stub-service --platform aws-ecs-gpu",
    ],
  ])("refuses %s", (_what, differing, message, hint) => {
    const observed = { ...standing(desiredEcs()), ...differing };
    expect(() => plan(desiredEcs(), observed)).toThrow(
      expect.objectContaining({ code: "BENTO_CONFLICT", message, hint }),
    );
  });

  it.each<[string, object, Partial<Desired>, string]>([
    [
      "a service without a GPU",
      {},
      { manifest: stubManifest() },
      "the service asks for no GPU: set resources: { gpu: 1 } in service.ts, or deploy it to aws-lambda",
    ],
    [
      "an image for the CPU",
      {},
      { image: { ...GPU_IMAGE, variant: "cpu" } },
      "image without CUDA: make it with bento containerize --variant cuda12, then --image oci:DIR",
    ],
    [
      "an image for another processor",
      {},
      { image: { ...GPU_IMAGE, platform: "linux/arm64" } },
      "image for linux/arm64: instances with NVIDIA GPUs run linux/amd64",
    ],
    [
      "no network",
      { vpcId: undefined, subnets: [], availabilityZones: [] },
      {},
      "no vpcId: set the network that the tasks run in, e.g. vpcId=vpc-0a1b2c3d\n0 subnets: 2 or more in different zones, e.g. subnets=subnet-0a1b2c3d,subnet-0a1b2c3e",
    ],
    [
      "zones of another region",
      { region: "eu-west-1" },
      {},
      "availabilityZones eu-central-1a, eu-central-1b: not in eu-west-1, set those of it",
    ],
    [
      "a kind of GPU that nobody has",
      { gpuType: "nvidia-l5" },
      {},
      'GPU "nvidia-l5": did you mean nvidia-l4? one of nvidia-a100, nvidia-a10g, nvidia-h100, nvidia-l4, nvidia-l40s, nvidia-t4, or set instanceTypes',
    ],
    [
      "more GPUs than an instance has",
      {},
      { manifest: stubManifest({ resources: { gpu: 16 } }) },
      "16 GPUs of nvidia-l4 in one task: 8 at most on one instance",
    ],
    [
      "a rollout that doubles the GPUs past what there are",
      { maxGpus: 1 },
      {},
      "maxGpus 1: canary may want 2 at once; use rollout=recreate or fewer tasks",
    ],
    [
      "the internet without a certificate",
      { public: true, publicSubnets: ["subnet-1a", "subnet-1b"] },
      {},
      "public without a certificate: set certificate=arn:aws:acm:…, nothing answers the internet in clear",
    ],
    [
      "steps where there are none",
      { rollout: "rolling", rolloutPercent: 5, rolloutBakeMinutes: 1, pauseAt: "POST_SCALE_UP" },
      {},
      "rolloutPercent with rollout rolling: it has no steps; use canary or linear\nrolloutBakeMinutes with rollout rolling: it does not wait; use canary, linear or blue-green\npauseAt with rollout rolling: it has no such stage; use canary, linear or blue-green",
    ],
    [
      "a group of any instances from any image",
      { capacity: "asg", instanceTypes: ["g6.*"], spot: true },
      {},
      "capacity asg without amiId and region: name a pinned ECS image for GPUs in it\ninstanceTypes g6.*: capacity asg takes one, e.g. g6.xlarge\nspot with capacity asg: leave it out, or use capacity managed-instances",
    ],
    [
      "scaling towards nothing",
      { minTasks: 3, maxTasks: 2 },
      { variables: { "1A": "" } },
      'minTasks 3: at most maxTasks, 2\nenvironment variable "1A": letters, digits and _, no digit first',
    ],
  ])("fails with %s", (_what, options, overrides, message) => {
    expect(() => plan(desiredEcs(options, overrides))).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message,
        where: "stub_service:v1 on aws-ecs-gpu",
        hint: "change these: options by --set key=value or in bentofile.yaml",
      }),
    );
  });
});
