/**
 * The way of every call, of a client or of a service on a client's behalf: may the caller, then the service.
 *
 * @module
 */
import {
  AwsFailure,
  type AwsReply,
  type AwsRequest,
  type AwsService,
  isWrite,
  type Members,
  type Principal,
} from "./aws-call.ts";
import { authorize, type PolicyWorld } from "./policy/authorize.ts";

/** What services and resource providers may ask others for, with the caller's rights. */
export interface Caller {
  readonly principal: Principal;
  /** @throws AwsFailure */
  call(service: string, action: string, parameters: Members): Promise<Members>;
}

export interface Dispatcher {
  readonly account: string;
  readonly region: string;
  /** @throws AwsFailure as the service does, or AccessDenied */
  dispatch(request: AwsRequest): Promise<AwsReply>;
  /** @throws AwsFailure AccessDenied when the caller may not */
  check(request: AwsRequest): Promise<void>;
  /** Calls with the rights of a principal, unseen by tests: what AWS does on behalf of its callers. */
  as(principal: Principal, calledVia: string): Caller;
  /** The same in another region. */
  in(region: string): Dispatcher;
}

export interface DispatcherOptions {
  readonly account: string;
  readonly region: string;
  /** Answers for services that have no stand-in of their own. */
  readonly fallback: (request: AwsRequest) => Promise<AwsReply>;
  /** More to come after the dispatcher is made. */
  readonly services: Map<string, AwsService>;
}

export function dispatcher(options: DispatcherOptions): Dispatcher {
  const { account, region, fallback, services } = options;
  const check = async (request: AwsRequest) => {
    const requirements = (service: string) => services.get(service)?.requirements;
    const world: PolicyWorld = { account, region, ask, requirements };
    await authorize(request, world);
  };
  const dispatch = async (request: AwsRequest) => {
    await check(request);
    return await answer(request);
  };
  const answer = async (request: AwsRequest) => {
    const service = services.get(request.service);
    return service === undefined ? await fallback(request) : await service.handle(request);
  };
  const requestOf =
    (principal: Principal) => (service: string, action: string, parameters: Members) => ({
      service,
      action,
      isWrite: isWrite(action),
      parameters,
      region,
      principal,
    });
  const ask = async (service: string, action: string, parameters: Members) =>
    membersOf(await answer(requestOf(NOBODY)(service, action, parameters)));
  const own: Dispatcher = {
    account,
    region,
    dispatch,
    check,
    in: (other) => (other === region ? own : dispatcher({ ...options, region: other })),
    as: (principal, calledVia) => ({
      principal,
      call: async (service, action, parameters) => {
        const request = requestOf(principal)(service, action, parameters);
        return membersOf(await dispatch({ ...request, calledVia }));
      },
    }),
  };
  return own;
}

/** Who asks when the stand-ins look at themselves. */
const NOBODY: Principal = { accessKeyId: "", arn: "", userId: "" };

function membersOf({ members, bytes, status = 200 }: AwsReply): Members {
  if (members !== undefined) {
    return members;
  }
  const text = Buffer.from(bytes ?? []).toString("utf8");
  if (status >= 300) {
    throw new AwsFailure("InternalFailure", text, status);
  }
  return text.startsWith("{") ? JSON.parse(text) : {};
}
