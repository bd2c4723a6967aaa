/**
 * A function that a CDK app of the user's has made, with `traffic: "cli"` on its BentoLambda: bento brings new versions
 * and moves the traffic, and leaves everything else to that app.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BentoImage } from "../../infra/bento-image.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import { BentoRegistry } from "../../infra/bento-registry.ts";
import { deployWithCdk } from "../support/aws/cdk-stack.ts";
import { pushSample } from "../support/aws/push-sample.ts";
import type { Ran } from "../support/bento-process.ts";
import { flowersService, type LambdaStand, lambdaStand } from "../support/lambda-stand.ts";
import { skipWithout } from "../support/tools.ts";

const CASE_MS = 120_000;
const DEPLOY =
  "deploy flowers --platform aws-lambda --base oci:base --yes --name acme --set functionName=acme-flowers";
const OF = "acme --platform aws-lambda";

describe.skipIf(skipWithout("moto_server", "docker-registry"))(
  "a function of a user's own CDK app",
  () => {
    let stand: LambdaStand;
    let digest = "";

    beforeAll(async () => {
      stand = await lambdaStand();
      const { aws, cli } = stand;
      const images = {
        name: "acme-images",
        build: (stack: Stack) =>
          void new BentoRegistry(stack, "Images", { repositoryName: "team/flowers" }),
      };
      await deployWithCdk(aws, images, cli.work);
      ({ digest } = await pushSample(aws, "first", { repository: "team/flowers", tag: "first" }));
      await deployApp({ memory: "small" });
      aws.clearCalls();
    }, CASE_MS);

    afterAll(() => stand?.[Symbol.asyncDispose]());

    async function deployApp({ memory }: { memory: "small" | "large" }): Promise<void> {
      const { Size } = await import("aws-cdk-lib");
      const build = (stack: Stack) => {
        const repository = Repository.fromRepositoryName(stack, "Images", "team/flowers");
        new BentoLambda(stack, "Flowers", {
          functionName: "acme-flowers",
          image: BentoImage.fromEcr({ repository, digest, bentoName: "flowers" }),
          traffic: "cli",
          memory: Size.mebibytes(memory === "small" ? 1024 : 2048),
        });
      };
      await deployWithCdk(stand.aws, { name: "acme-app", build }, stand.cli.work);
    }

    async function must(line: string): Promise<Ran> {
      const ran = await stand.bento(line);
      expect(ran.err.split("\n").filter((text) => text.startsWith("error"))).toEqual([]);
      expect(ran.exitCode).toBe(0);
      return ran;
    }

    const writes = ({ calls }: Ran) => [
      ...new Set(calls.filter(({ isWrite }) => isWrite).map(({ action }) => action)),
    ];

    it(
      "gets a version from its app's repository, without CloudFormation",
      async () => {
        const ran = await must(`${DEPLOY} --json`);
        const own = ran.calls.filter(({ service, isWrite }) => isWrite && service !== "ecr");
        expect(own.map(({ service, action }) => `${service}:${action}`)).toEqual([
          "lambda:UpdateFunctionCode",
          "lambda:PublishVersion",
          "lambda:UpdateAlias",
        ]);
        expect(writes(ran)).toContain("PutImage");
        expect(ran.calls.some(({ service }) => service === "cloudformation")).toBe(false);
        expect(JSON.parse(ran.out).details).toMatchObject({
          functionName: "acme-flowers",
          repository: "team/flowers",
          version: "2",
          traffic: { "2": 100 },
        });
        expect(writes(await must(DEPLOY))).toEqual([]);
      },
      CASE_MS,
    );

    it(
      "takes a canary, and goes back in one call",
      async () => {
        await writeFile(join(stand.cli.work, "service.ts"), flowersService("second"));
        await stand.cli.must("build");
        await must(`${DEPLOY} --canary 10`);
        expect(writes(await must(`deployment complete ${OF}`))).toEqual(["UpdateAlias"]);
        expect(writes(await must(`deployment rollback ${OF} --yes`))).toEqual(["UpdateAlias"]);
      },
      CASE_MS,
    );

    it(
      "keeps its traffic where its app is deployed again, and gets its settings with the next version",
      async () => {
        await deployApp({ memory: "large" });
        const { out } = await must(`deployment traffic ${OF} --json`);
        const versions: { id: string; percent: number }[] = JSON.parse(out);
        expect(versions.find(({ percent }) => percent === 100)?.id).toBe("2");
        const plan = await must(`${DEPLOY} --plan`);
        expect(plan.out).toContain("is set up by a CDK app");
        const ran = await must(DEPLOY);
        expect(writes(ran)).toEqual(expect.arrayContaining(["PublishVersion", "UpdateAlias"]));
      },
      CASE_MS,
    );

    it(
      "is not destroyed, nor given variables, nor another bento",
      async () => {
        const destroyed = await stand.bento(`deployment destroy ${OF} --yes`);
        expect([destroyed.exitCode, destroyed.err.slice(destroyed.err.indexOf("error:"))]).toEqual([
          4,
          "error: function acme-flowers is a CDK app's\n  at: arn:aws:lambda:eu-west-1:123456789012:function:acme-flowers\n  do: remove it there: npx cdk destroy\n",
        ]);
        const given = await stand.bento(`${DEPLOY} --set-env LEVEL=debug`);
        expect([given.exitCode, given.err.slice(given.err.indexOf("error:"))]).toEqual([
          2,
          "error: LEVEL: function acme-flowers is a CDK app's\n  at: --set-env, --secret\n  do: set variables in that app: environment of its BentoLambda\n",
        ]);
      },
      CASE_MS,
    );
  },
);
