/**
 * AWS on a loopback port: one endpoint for every service that a deploy calls.
 *
 * @module
 */
import type { AwsCall, AwsService, Members } from "./aws-call.ts";
import { clientCalls } from "./client-calls.ts";
import { cloudFormationService } from "./cloudformation/cloudformation-service.ts";
import { cloudTrailService } from "./cloudtrail-service.ts";
import { dispatcher } from "./dispatcher.ts";
import { ecrService } from "./ecr/ecr-service.ts";
import { type RegistryDoor, type RegistryServer, registryServer } from "./ecr/registry-server.ts";
import { resolveImage } from "./ecr/resolve-image.ts";
import { type Fault, faults } from "./faults.ts";
import { startGateway } from "./gateway.ts";
import { functionInvoker, type InvokeFunction } from "./lambda/function-invoker.ts";
import { imageInvoker } from "./lambda/image-invoker.ts";
import { lambdaService } from "./lambda/lambda-service.ts";
import { startMoto } from "./moto.ts";
import { principals } from "./principals.ts";
import type { ResourceProvider } from "./resources/resource-provider.ts";
import { resourceProviders } from "./resources/resource-providers.ts";
import { stsService } from "./sts-service.ts";

export interface AwsOptions {
  /** @default "eu-west-1" */
  readonly region?: string;
  /** Twelve digits. @default "123456789012" */
  readonly account?: string;
  /** What answers Lambda's Invoke: the version's image, run as Lambda runs it, or a function. @default "image" */
  readonly invoke?: "image" | InvokeFunction;
  /** More services. @default none */
  readonly services?: readonly AwsService[];
  /** More types of resources. @default none */
  readonly resources?: readonly ResourceProvider[];
}

export interface LoopbackAws extends AsyncDisposable {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** What a process needs to be a client with all rights. */
  readonly environment: Readonly<Record<string, string>>;
  /** Calls of clients so far, requests to the registry among them; not what services ask each other. */
  readonly calls: readonly AwsCall[];
  clearCalls(): void;
  /** What a process needs to be a client that may do only what an identity-based policy allows. */
  withPolicy(document: unknown): Readonly<Record<string, string>>;
  /** Plays a fault from now on. */
  fail(fault: Fault): void;
  /** Forgets the faults that are left. */
  clearFaults(): void;
  /** Stops stacks before they touch a resource. @returns lets it go on */
  hold(resource: string): () => void;
  /** Tokens of the registry that were given so far are too old. */
  expireRegistryTokens(): void;
}

/** Starts it; `await using` stops everything that it started. */
export async function startAws(options: AwsOptions = {}): Promise<LoopbackAws> {
  const { region = "eu-west-1", account = "123456789012" } = options;
  await using stack = new AsyncDisposableStack();
  const moto = stack.use(await startMoto(account));
  const rules = faults();
  const calls = clientCalls(rules);
  const services = new Map<string, AwsService>();
  const dispatch = dispatcher({ account, region, fallback: moto.handle, services });
  const users = principals({ account, region });
  let registry: RegistryServer | undefined;
  const ecr = ecrService({
    registry: () => registry?.endpoint ?? "",
    moto: moto.handle,
    ask: async (action, parameters) =>
      (await moto.handle(innerRequest("ecr", action, { parameters, region }))).members ?? {},
  });
  const door: RegistryDoor = {
    principalOf: (token) => ecr.principalOf(token),
    hasRepository: (name) => ecr.hasRepository(name),
    putImage: (image) => ecr.putImage(image),
    referrers: (repository, digest) => ecr.referrers(repository, digest),
    hasManifest: async (repository, reference) =>
      (await ecr.imageOf(repository, reference)) !== undefined,
    async take({ action, repository, principal }, perform) {
      const given = { service: "ecr", action, parameters: { repositoryName: repository } };
      return await calls.take(given, async (call) => {
        await dispatch.check({ ...call, region, principal });
        return await perform();
      });
    },
  };
  registry = stack.use(await registryServer(door));
  const askLogs = async (action: string, parameters: Members) =>
    (await moto.handle(innerRequest("logs", action, { parameters, region }))).members ?? {};
  const invoker = stack.use(
    typeof options.invoke === "function"
      ? functionInvoker(options.invoke, askLogs)
      : await imageInvoker({ registryHost: () => registry?.behind ?? "", askLogs, region }),
  );
  const formation = cloudFormationService({
    dispatcher: dispatch,
    faults: rules,
    providers: resourceProviders(options.resources),
  });
  const lambda = lambdaService({
    account,
    region,
    invoker,
    resolveImage: (uri) => resolveImage(uri, { account, region, ecr }),
  });
  const own = [
    ecr,
    lambda,
    formation,
    cloudTrailService,
    stsService(account, moto.handle),
    ...(options.services ?? []),
  ];
  for (const service of own) {
    services.set(service.name, service);
  }
  const gateway = stack.use(
    await startGateway({ dispatcher: dispatch, calls, principals: users.byKey }),
  );
  const rest = stack.move();
  return {
    endpoint: gateway.endpoint,
    account,
    region,
    environment: users.environmentOf(users.admin, gateway.endpoint),
    calls: calls.calls,
    clearCalls: () => calls.clear(),
    withPolicy: (document) => users.environmentOf(users.add(document), gateway.endpoint),
    fail: (fault) => rules.add(fault),
    clearFaults: () => rules.clear(),
    hold: (resource) => formation.hold(resource),
    expireRegistryTokens: () => ecr.expireTokens(),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

function innerRequest(
  service: string,
  action: string,
  { parameters, region }: { parameters: Members; region: string },
) {
  const principal = { accessKeyId: "", arn: "", userId: "" };
  return { service, action, isWrite: true, parameters, region, principal };
}
