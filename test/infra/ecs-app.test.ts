import { describe, expect, it } from "vitest";
import { ecsTarget } from "../../adapters/aws-ecs-gpu/target.ts";
import { digestOf } from "../../core/digest.ts";
import { synthesizeEcsApp } from "../../infra/ecs-app.ts";
import { EcsStackMetadata } from "../../infra/ecs-spec.ts";
import { desiredEcs, GPU_IMAGE } from "../adapters/aws-ecs-gpu/desired-ecs.ts";
import { stubManifest } from "../support/stub-bento.ts";

type Resources = Readonly<Record<string, { readonly Type: string }>>;

function resourcesOf(template: object): Resources {
  return "Resources" in template ? (template.Resources as Resources) : {};
}

/** Types of what differs, sorted. */
function changes(one: object, other: object): string[] {
  const before = resourcesOf(one);
  const after = resourcesOf(other);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => (after[name] ?? before[name])?.Type ?? "")
    .sort();
}

const place = { account: "123456789012", region: "eu-central-1" };

describe("synthesizeEcsApp", () => {
  it("says in its own template what it was made from", async () => {
    const spec = ecsTarget(desiredEcs(), place);
    const { service } = await synthesizeEcsApp(spec);
    const metadata = "Metadata" in service ? service.Metadata : {};
    expect(EcsStackMetadata.parse(metadata).bentokit).toEqual({ spec, constructs: 1 });
  });

  it("changes nothing but the task definition for a new version", async () => {
    const before = ecsTarget(desiredEcs(), place);
    const next = {
      manifest: stubManifest({ version: "v2", resources: { gpu: 1 } }),
      image: { ...GPU_IMAGE, digest: digestOf("next") },
    };
    const after = {
      ...ecsTarget(desiredEcs({}, next), place),
      tag: "stub_service:v2",
    };
    const one = await synthesizeEcsApp(before);
    const other = await synthesizeEcsApp(after);
    expect(changes(one.service, other.service)).toEqual(["AWS::ECS::TaskDefinition"]);
    expect(changes(one.registry, other.registry)).toEqual([]);
  });

  it.each<[string, object]>([
    ["as it is by default", {}],
    ["that is recreated", { rollout: "recreate" }],
    ["that rolls", { rollout: "rolling", maxTasks: 4, requestsPerTask: 600 }],
    [
      "that moves in steps and waits",
      { rollout: "linear", pauseAt: "PRE_PRODUCTION_TRAFFIC_SHIFT" },
    ],
    ["on an auto scaling group", { capacity: "asg", amiId: "ami-0a1b2c" }],
    [
      "on the internet, in what others made",
      {
        rollout: "blue-green",
        public: true,
        publicSubnets: ["subnet-1a", "subnet-1b"],
        certificate: "arn:aws:acm:eu-central-1:123456789012:certificate/1",
        cluster: "shared",
        capacityProvider: "gpus",
        securityGroups: ["sg-0a"],
        taskRole: "arn:aws:iam::123456789012:role/task",
        executionRole: "arn:aws:iam::123456789012:role/execution",
        permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
      },
    ],
  ])("makes a small template of a service %s", async (_what, options) => {
    const secrets = {
      TOKEN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf",
      KEY: "arn:aws:ssm:eu-central-1:123456789012:parameter/bento/key",
    };
    const spec = ecsTarget(desiredEcs(options, { secrets }), place);
    const { service } = await synthesizeEcsApp(spec);
    const text = JSON.stringify(service);
    expect(text.length).toBeLessThan(40_000);
    expect(text).not.toContain("Fn::GetAZs");
  });
});
