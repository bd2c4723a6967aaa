import { createHash } from "node:crypto";
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  LambdaClient,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { startMoto } from "../support/aws/moto.ts";
import { clientOptions, makeRepository, pushSample } from "../support/aws/push-sample.ts";
import { startAws } from "../support/aws/start-aws.ts";
import { skipWithout } from "../support/tools.ts";

const FunctionName = "iris";
const ACCOUNT = "123456789012";

/** What both answer to the same calls, without what is different by its nature. */
async function story(lambda: LambdaClient, images: readonly string[]): Promise<unknown[]> {
  const told: unknown[] = [];
  const ask = async (name: string, call: Promise<object>, ...members: readonly string[]) => {
    const answer = await call.then(
      (found) => found,
      // AWS documents the longer name for aliases too, where moto has the shorter one
      (error: Error) => ({
        error: error.name.replace(/^ConflictException/, "ResourceConflictException"),
      }),
    );
    const seen = Object.entries(answer).filter(([key]) => [...members, "error"].includes(key));
    told.push([name, Object.fromEntries(seen)]);
  };
  const settle = async () => {
    for (let polls = 0; polls < 2; polls += 1) {
      await lambda.send(new GetFunctionCommand({ FunctionName }));
    }
  };
  const alias = { FunctionName, Name: "live" };
  const Role = `arn:aws:iam::${ACCOUNT}:role/iris`;
  const Code = { ImageUri: images[0] };
  const made = { FunctionName, Role, Code, PackageType: "Image" as const };
  await ask("none yet", lambda.send(new GetFunctionCommand({ FunctionName })));
  await ask("create", lambda.send(new CreateFunctionCommand(made)), "FunctionArn", "Version");
  await settle();
  await ask("again", lambda.send(new CreateFunctionCommand(made)));
  const publish = (Description: string) =>
    lambda.send(new PublishVersionCommand({ FunctionName, Description }));
  await ask("publish", publish("iris:v1"), "Version", "FunctionArn", "Description");
  await ask(
    "alias",
    lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: "1" })),
    ...ALIAS,
  );
  await ask("twice", lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: "1" })));
  const update = { FunctionName, ImageUri: images[1] };
  await ask("code", lambda.send(new UpdateFunctionCodeCommand(update)), "Version");
  await settle();
  await ask("publish", publish("iris:v2"), "Version", "Description");
  const split = { ...alias, RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } };
  await ask("split", lambda.send(new UpdateAliasCommand(split)), ...ALIAS);
  await ask("read", lambda.send(new GetAliasCommand(alias)), ...ALIAS);
  await ask("no alias", lambda.send(new GetAliasCommand({ FunctionName, Name: "none" })));
  const moved = { ...alias, FunctionVersion: "2", RoutingConfig: { AdditionalVersionWeights: {} } };
  await ask("move", lambda.send(new UpdateAliasCommand(moved)), "FunctionVersion");
  const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
  told.push(Versions?.map(({ Version }) => Version));
  const { Aliases } = await lambda.send(new ListAliasesCommand({ FunctionName }));
  told.push(Aliases?.map(({ Name, FunctionVersion }) => [Name, FunctionVersion]));
  const { Configuration } = await lambda.send(
    new GetFunctionCommand({ FunctionName, Qualifier: "1" }),
  );
  told.push([Configuration?.Version, Configuration?.Description, Configuration?.FunctionArn]);
  await ask("drop", lambda.send(new DeleteAliasCommand(alias)));
  await ask("delete", lambda.send(new DeleteFunctionCommand({ FunctionName })));
  await ask("gone", lambda.send(new GetFunctionCommand({ FunctionName })));
  return told;
}

const ALIAS = ["AliasArn", "Name", "FunctionVersion", "RoutingConfig"];

/** Functions of moto are made from what its ECR has. */
async function motoImages(endpoint: string): Promise<{ lambda: LambdaClient; images: string[] }> {
  const options = {
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "tester", secretAccessKey: "secret" },
  };
  const ecr = new ECRClient(options);
  const repositoryName = "bento/iris";
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const AssumeRolePolicyDocument = '{"Version":"2012-10-17","Statement":[]}';
  const role = new CreateRoleCommand({ RoleName: "iris", AssumeRolePolicyDocument });
  await new IAMClient(options).send(role);
  const images: string[] = [];
  for (const text of ["one", "two"]) {
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { size: text.length },
      layers: [],
    });
    const imageDigest = `sha256:${createHash("sha256").update(imageManifest).digest("hex")}`;
    await ecr.send(
      new PutImageCommand({ repositoryName, imageManifest, imageTag: text, imageDigest }),
    );
    images.push(`${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/bento/iris@${imageDigest}`);
  }
  return { lambda: new LambdaClient(options), images };
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("Lambda of the stand-ins", () => {
  it("answers as moto's does, where both know the answer", async () => {
    await using moto = await startMoto(ACCOUNT);
    const theirs = await motoImages(moto.endpoint);
    await using aws = await startAws({ invoke: () => null });
    await makeRepository(aws, "bento/iris");
    const images = [];
    for (const tag of ["one", "two"]) {
      images.push((await pushSample(aws, tag, { repository: "bento/iris", tag })).uri);
    }
    const lambda = new LambdaClient({ ...clientOptions(aws), maxAttempts: 1 });
    expect(await story(lambda, images)).toEqual(await story(theirs.lambda, theirs.images));
  });
});
