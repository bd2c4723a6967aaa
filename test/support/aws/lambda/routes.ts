/**
 * Lambda's REST paths, by the name of the action that each is.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";

interface Route {
  readonly action: string;
  readonly method: string;
  readonly pattern: RegExp;
}

/** Dates before paths differ from action to action and tell nothing else. */
const ROUTES: readonly Route[] = [
  route("GET account-settings", "GetAccountSettings"),
  route("GET functions", "ListFunctions"),
  route("POST functions", "CreateFunction"),
  route("GET functions/{FunctionName}", "GetFunction"),
  route("DELETE functions/{FunctionName}", "DeleteFunction"),
  route("GET functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
  route("PUT functions/{FunctionName}/configuration", "UpdateFunctionConfiguration"),
  route("PUT functions/{FunctionName}/code", "UpdateFunctionCode"),
  route("GET functions/{FunctionName}/versions", "ListVersionsByFunction"),
  route("POST functions/{FunctionName}/versions", "PublishVersion"),
  route("GET functions/{FunctionName}/aliases", "ListAliases"),
  route("POST functions/{FunctionName}/aliases", "CreateAlias"),
  route("GET functions/{FunctionName}/aliases/{Name}", "GetAlias"),
  route("PUT functions/{FunctionName}/aliases/{Name}", "UpdateAlias"),
  route("DELETE functions/{FunctionName}/aliases/{Name}", "DeleteAlias"),
  route("GET functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
  route("PUT functions/{FunctionName}/concurrency", "PutFunctionConcurrency"),
  route("DELETE functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"),
  route("GET functions/{FunctionName}/policy", "GetPolicy"),
  route("POST functions/{FunctionName}/policy", "AddPermission"),
  route("DELETE functions/{FunctionName}/policy/{StatementId}", "RemovePermission"),
  route("GET functions/{FunctionName}/url", "GetFunctionUrlConfig"),
  route("POST functions/{FunctionName}/url", "CreateFunctionUrlConfig"),
  route("PUT functions/{FunctionName}/url", "UpdateFunctionUrlConfig"),
  route("DELETE functions/{FunctionName}/url", "DeleteFunctionUrlConfig"),
  route("GET functions/{FunctionName}/urls", "ListFunctionUrlConfigs"),
  route("GET functions/{FunctionName}/event-invoke-config", "GetFunctionEventInvokeConfig"),
  route(
    "GET functions/{FunctionName}/provisioned-concurrency",
    "ListProvisionedConcurrencyConfigs",
  ),
  route("PUT functions/{FunctionName}/function-scaling-config", "PutFunctionScalingConfig"),
  route("GET functions/{FunctionName}/function-scaling-config", "GetFunctionScalingConfig"),
  route("POST functions/{FunctionName}/invocations", "Invoke"),
  route("POST functions/{FunctionName}/response-streaming-invocations", "InvokeWithResponseStream"),
  route("GET event-source-mappings", "ListEventSourceMappings"),
  route("POST event-source-mappings", "CreateEventSourceMapping"),
  route("GET event-source-mappings/{UUID}", "GetEventSourceMapping"),
  route("PUT event-source-mappings/{UUID}", "UpdateEventSourceMapping"),
  route("DELETE event-source-mappings/{UUID}", "DeleteEventSourceMapping"),
  route("GET tags/{Resource}", "ListTags"),
  route("POST tags/{Resource}", "TagResource"),
  route("DELETE tags/{Resource}", "UntagResource"),
  route("GET capacity-providers", "ListCapacityProviders"),
  route("POST capacity-providers", "CreateCapacityProvider"),
  route("GET capacity-providers/{CapacityProviderName}", "GetCapacityProvider"),
  route("PUT capacity-providers/{CapacityProviderName}", "UpdateCapacityProvider"),
  route("DELETE capacity-providers/{CapacityProviderName}", "DeleteCapacityProvider"),
];

/** The action and the parameters of a REST request. @param body - JSON, or the payload of Invoke */
export function parseLambdaRequest(
  method: string,
  path: string,
  body: Buffer,
): { readonly action: string; readonly parameters: Members } {
  const url = new URL(path, "http://lambda");
  const rest = url.pathname.replace(/^\/\d{4}-\d{2}-\d{2}\//, "").replace(/\/$/, "");
  for (const { action, method: wanted, pattern } of ROUTES) {
    const groups = method === wanted ? pattern.exec(rest)?.groups : undefined;
    if (groups !== undefined || (method === wanted && pattern.test(rest))) {
      const ids = Object.entries(groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]);
      return {
        action,
        parameters: { ...documentOf(action, body), ...queryOf(url), ...Object.fromEntries(ids) },
      };
    }
  }
  throw new AwsFailure("UnknownOperationException", `no action of Lambda: ${method} ${path}`, 404);
}

function route(text: string, action: string): Route {
  const [method = "", path = ""] = text.split(" ");
  const pattern = path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { action, method, pattern: new RegExp(`^${pattern}$`) };
}

function documentOf(action: string, body: Buffer): Members {
  if (action.startsWith("Invoke")) {
    return { Payload: body.toString("utf8") };
  }
  return body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
}

function queryOf(url: URL): Members {
  const query: Record<string, unknown> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = name === "tagKeys" ? values : values[0];
  }
  return query;
}
