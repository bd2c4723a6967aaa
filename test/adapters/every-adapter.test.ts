import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Adapter, Desired } from "../../adapters/adapter.ts";
import { awsEcsGpuAdapter } from "../../adapters/aws-ecs-gpu/adapter.ts";
import { awsLambdaAdapter } from "../../adapters/aws-lambda/adapter.ts";
import type { AwsLambdaOptions } from "../../adapters/aws-lambda/options.ts";
import { localAdapter } from "../../adapters/local/adapter.ts";
import type { LocalOptions } from "../../adapters/local/options.ts";
import { desiredProcess } from "../../adapters/local/plan.ts";
import { loadAdapter, PLATFORMS } from "../../adapters/registry.ts";
import { digestOf } from "../../core/digest.ts";
import { formatPlan, isNoop, Plan } from "../../core/plan.ts";
import { desiredStub, STUB_IMAGE } from "../support/desired.ts";
import { standingLambda } from "../support/observed-lambda.ts";
import { stubManifest } from "../support/stub-bento.ts";
import { desiredEcs, GPU_IMAGE, standing } from "./aws-ecs-gpu/desired-ecs.ts";

const adapters: Adapter[] = await Promise.all(PLATFORMS.map(loadAdapter));

/** What the platform takes: on GPUs a bento that asks for one, in a network. */
function desiredOn(adapter: Adapter, overrides: Partial<Desired> = {}): Desired {
  return adapter.platform === awsEcsGpuAdapter.platform
    ? desiredEcs({}, overrides)
    : desiredStub(adapter, {}, overrides);
}

const version = fc.stringMatching(/^[a-z0-9]{1,16}$/);
const variables = fc.dictionary(fc.stringMatching(/^[A-Z]{2,8}$/), fc.string({ maxLength: 20 }), {
  maxKeys: 5,
});

describe.each(adapters)("the adapter $platform", (adapter) => {
  it("plans the same bytes twice", () => {
    const desired = desiredOn(adapter);
    expect(formatPlan(adapter.plan(desired, undefined))).toBe(
      formatPlan(adapter.plan(desired, undefined)),
    );
  });

  it("plans what its schema reads back", () => {
    const plan = adapter.plan(desiredOn(adapter, { variables: { LEVEL: "3" } }), undefined);
    expect(Plan.parse(JSON.parse(formatPlan(plan)))).toEqual(plan);
  });

  it("describes every option", () => {
    const shape = adapter.options instanceof z.ZodObject ? adapter.options.shape : {};
    const undescribed = Object.entries<z.ZodType>(shape).filter(([, field]) => !field.description);
    expect(undescribed.map(([name]) => name)).toEqual([]);
    expect(adapter.options.safeParse({ noSuchOption: 1 }).success).toBe(false);
  });

  it("can do exactly what it declares", () => {
    expect(adapter.capabilities.apply === true).toBe(adapter.rollout !== undefined);
    expect(adapter.capabilities.emit === true).toBe(adapter.emit !== undefined);
  });

  it("names the peers at the versions that are tested here", async () => {
    const own = await readFile(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
    const { devDependencies } = z
      .object({ devDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(own));
    const tested = adapter.peers.map(({ name }) => ({ name, version: devDependencies[name] }));
    expect(adapter.peers).toEqual(tested);
  });
});

describe("planning after applying", () => {
  it("has nothing to do on local", () => {
    const options = fc.record(
      {
        port: fc.integer({ min: 1, max: 65_535 }),
        host: fc.constantFrom("127.0.0.1", "::1", "0.0.0.0"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(version, variables, options, (made, given, chosen) => {
        const manifest = stubManifest({ version: made });
        const desired = desiredStub(localAdapter, chosen, {
          manifest,
          variables: given,
        }) as Desired<LocalOptions>;
        const process = {
          ...desiredProcess(desired),
          pid: 1,
          identity: "now",
          port: chosen.port ?? 4000,
          url: "http://127.0.0.1:4000",
          log: "/log",
          directory: "/bento",
          stopTimeoutSeconds: 30,
        };
        const serves = `stub_service:${made}`;
        const observed = { process, isAlive: true, isReady: true, serves };
        expect(isNoop(localAdapter.plan(desired, observed))).toBe(true);
        const next = { ...desired, bento: { ...desired.bento, digest: digestOf("next") } };
        expect(isNoop(localAdapter.plan(next, observed))).toBe(false);
      }),
    );
  });

  it("has nothing to do on aws-lambda", () => {
    const options = fc.record(
      {
        memoryMb: fc.integer({ min: 128, max: 10_240 }),
        timeoutSeconds: fc.integer({ min: 1, max: 900 }),
        reservedConcurrency: fc.nat(1000),
        logRetentionDays: fc.constantFrom(1, 30, 365),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(variables, options, (given, chosen) => {
        const desired = desiredStub(awsLambdaAdapter, chosen, {
          variables: given,
        }) as Desired<AwsLambdaOptions>;
        const standing = standingLambda(desired);
        expect(isNoop(awsLambdaAdapter.plan(desired, standing))).toBe(true);
        const next = { ...desired, image: { ...STUB_IMAGE, digest: digestOf("next") } };
        const pushable = { ...standing, repository: { isThere: true, hasImage: false } };
        const kinds = awsLambdaAdapter.plan(next, pushable).actions.map(({ kind }) => kind);
        expect(kinds).toEqual(["push", "version", "traffic"]);
      }),
    );
  });

  it("has nothing to do on aws-ecs-gpu", () => {
    const options = fc.record(
      {
        minTasks: fc.integer({ min: 1, max: 4 }),
        memoryMb: fc.integer({ min: 1024, max: 65_536 }),
        rollout: fc.constantFrom("rolling", "recreate", "canary", "linear", "blue-green"),
        spot: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(variables, options, (given, chosen) => {
        const desired = desiredEcs(chosen, { variables: given });
        expect(isNoop(awsEcsGpuAdapter.plan(desired, standing(desired)))).toBe(true);
        const next = { ...desired, image: { ...GPU_IMAGE, digest: digestOf("next") } };
        const observed = { ...standing(desired), hasImage: false };
        const kinds = awsEcsGpuAdapter.plan(next, observed).actions.map(({ kind }) => kind);
        expect(kinds).toEqual(["push", "version", "traffic"]);
      }),
    );
  });
});
