/**
 * AWS on a loopback port: one endpoint for every service that a deploy calls.
 *
 * @module
 */
import type { AwsCall, AwsReply, AwsRequest, AwsService, Members } from "./aws-call.ts";
import { type ClientCalls, clientCalls } from "./client-calls.ts";
import { cloudFormationService } from "./cloudformation/cloudformation-service.ts";
import { cloudTrailService } from "./cloudtrail-service.ts";
import { type Dispatcher, dispatcher } from "./dispatcher.ts";
import { type EcrService, ecrService } from "./ecr/ecr-service.ts";
import { type RegistryServer, registryServer } from "./ecr/registry-server.ts";
import { resolveImage } from "./ecr/resolve-image.ts";
import { type Fault, type Faults, faults } from "./faults.ts";
import { startGateway } from "./gateway.ts";
import { functionInvoker, type InvokeFunction } from "./lambda/function-invoker.ts";
import { imageInvoker } from "./lambda/image-invoker.ts";
import type { Invoker } from "./lambda/invoke.ts";
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
  /** Stops stacks before they touch a resource, named by logical id or type. @returns lets it go on */
  hold(resource: string): () => void;
  /** Tokens of the registry that were given so far are too old. */
  expireRegistryTokens(): void;
}

/** What the services are made of. */
interface Parts {
  readonly account: string;
  readonly region: string;
  readonly moto: (request: AwsRequest) => Promise<AwsReply>;
  readonly dispatch: Dispatcher;
  readonly rules: Faults;
  readonly calls: ClientCalls;
}

/** Starts it; `await using` stops everything that it started. */
export async function startAws(options: AwsOptions = {}): Promise<LoopbackAws> {
  const { region = "eu-west-1", account = "123456789012" } = options;
  await using stack = new AsyncDisposableStack();
  const { handle: moto } = stack.use(await startMoto(account));
  const services = new Map<string, AwsService>();
  const dispatch = dispatcher({ account, region, fallback: moto, services });
  const users = principals({ account, region });
  const rules = faults();
  const calls = clientCalls(rules);
  const parts: Parts = { account, region, moto, dispatch, rules, calls };
  const { ecr, registry } = await startEcr(parts);
  stack.use(registry);
  const invoker = stack.use(await startInvoker(parts, registry, options));
  const formation = cloudFormationService({
    dispatcher: dispatch,
    faults: rules,
    providers: resourceProviders(options.resources),
  });
  const lambda = startLambda(parts, ecr, invoker);
  const own = [ecr, lambda, formation, cloudTrailService, stsService(account, moto)];
  for (const service of [...own, ...(options.services ?? [])]) {
    services.set(service.name, service);
  }
  const { endpoint } = stack.use(
    await startGateway({ dispatcher: dispatch, calls, principals: users.byKey }),
  );
  const rest = stack.move();
  return {
    endpoint,
    account,
    region,
    environment: users.environmentOf(users.admin, endpoint),
    calls: calls.calls,
    clearCalls: () => calls.clear(),
    withPolicy: (document) => users.environmentOf(users.add(document), endpoint),
    fail: (fault) => rules.add(fault),
    clearFaults: () => rules.clear(),
    hold: (resource) => formation.hold(resource),
    expireRegistryTokens: () => ecr.tokens.expire(),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

/** ECR's API and the registry that it leads to. */
async function startEcr(
  parts: Parts,
): Promise<{ readonly ecr: EcrService; readonly registry: RegistryServer }> {
  const { moto, dispatch, calls, region } = parts;
  let endpoint = "";
  const ecr = ecrService({ registry: () => endpoint, moto, ask: asking(parts, "ecr") });
  const registry = await registryServer({
    principalOf: (token) => ecr.tokens.principalOf(token),
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
  });
  endpoint = registry.endpoint;
  return { ecr, registry };
}

async function startInvoker(
  parts: Parts,
  registry: RegistryServer,
  { invoke }: AwsOptions,
): Promise<Invoker> {
  const askLogs = asking(parts, "logs");
  return typeof invoke === "function"
    ? functionInvoker(invoke, askLogs)
    : await imageInvoker({ registryHost: registry.behind, askLogs, region: parts.region });
}

function startLambda({ account, dispatch }: Parts, ecr: EcrService, invoker: Invoker): AwsService {
  return lambdaService({
    account,
    invoker,
    resolveImage: (uri, { region, principal, calledVia }) => {
      const caller = dispatch.in(region).as(principal, calledVia ?? "lambda.amazonaws.com");
      return resolveImage(uri, { account, region, ecr, caller });
    },
  });
}

/** Asks moto without anyone's rights, unseen. */
function asking({ moto, region }: Parts, service: string) {
  const principal = { accessKeyId: "", arn: "", userId: "" };
  return async (action: string, parameters: Members): Promise<Members> => {
    const request = { service, action, isWrite: true, parameters, region, principal };
    return (await moto(request)).members ?? {};
  };
}
