/**
 * What went wrong in a call to AWS, in words: which permission is missing on what, which token ran out, who did not
 * answer, and what to do next. Pure.
 *
 * @module
 */
import { BentoError, type ErrorCode } from "../../core/bento-error.ts";
import type { AwsCaller, AwsRequest } from "./aws-error.ts";

/** What is read of the SDK's errors. */
interface Failure {
  readonly name: string;
  readonly message: string;
  /** Of the operating system, e.g. `ENOTFOUND`. */
  readonly code: string;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly attempts: number;
}

interface Words {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint: string;
}

interface Kind {
  readonly is: (failure: Failure) => boolean;
  readonly say: (failure: Failure, caller: AwsCaller, request: AwsRequest) => Words;
}

/** @returns the error itself when it is none of the SDK's: a bug stays one */
export function translateAwsError(error: unknown, caller: AwsCaller, request: AwsRequest): unknown {
  const failure = failureOf(error);
  const kind = failure && KINDS.find(({ is }) => is(failure));
  if (failure === undefined || kind === undefined) {
    return error;
  }
  const { code, message, where, hint } = kind.say(failure, caller, request);
  const place = where ?? request.resource ?? `${caller.platform}, region ${caller.region}`;
  return new BentoError(code, message, { where: place, hint, cause: error });
}

const RENEW =
  "renew them: aws sso login, another AWS_PROFILE, or in CI let the job take its OIDC role again; then run the same command";
const AGAIN = "run the same command again in a minute: it goes on from what stands";

/** The SDK's word for an answer that it cannot read. */
const UNREADABLE = /Deserialization error/;

/** The first that fits is told. */
const KINDS: readonly Kind[] = [
  {
    is: ({ name, message }) =>
      /^(?:CredentialsProvider|TokenProvider)Error$/.test(name) ||
      /credential(?:s| object)? (?:is|are|were) (?:missing|not valid)/i.test(message),
    say: ({ message }) => ({
      code: "BENTO_PLATFORM",
      message: `no credentials for AWS: ${oneLine(message)}`,
      where: "the SDK's chain: environment, profile, SSO, web identity, instance",
      hint: "log in with aws sso login, choose AWS_PROFILE=NAME, or in CI give the job an OIDC role",
    }),
  },
  {
    is: ({ name, message }) =>
      /^(?:RequestTimeTooSkewed|RequestInTheFuture)/.test(name) ||
      /signature (?:expired|not yet current)/i.test(message),
    say: ({ message }) => ({
      code: "BENTO_PLATFORM",
      message: `this machine's clock is not AWS's: ${oneLine(message)}`,
      where: "the system's clock",
      hint: "set the clock, e.g. by timedatectl set-ntp true, then run the same command",
    }),
  },
  {
    is: ({ name }) => /^(?:ExpiredToken|TokenRefreshRequired|RequestExpired)/.test(name),
    say: (_failure, { callerArn }, { action }) => ({
      code: "BENTO_PLATFORM",
      message: `the credentials for AWS have ended: ${action} was refused`,
      where: callerArn,
      hint: RENEW,
    }),
  },
  {
    is: ({ name, message }) =>
      /^(?:AccessDenied|Unauthorized|NotAuthorized|AuthorizationError)/.test(name) ||
      /is not authorized to perform/.test(message),
    say: denied,
  },
  {
    is: ({ name }) =>
      /^(?:InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|InvalidSignature|MissingAuthenticationToken|AuthFailure|OptInRequired|InvalidToken|InvalidIdentityToken)/.test(
        name,
      ),
    say: ({ message }, { region }) => ({
      code: "BENTO_PLATFORM",
      message: `AWS does not take these credentials: ${oneLine(message)}`,
      hint: `look at AWS_PROFILE or AWS_ACCESS_KEY_ID, and whether the account has the region ${region} switched on`,
    }),
  },
  {
    is: ({ name, status }) =>
      status === 429 ||
      /^(?:Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|PriorRequestNotComplete)/.test(
        name,
      ),
    say: ({ message, attempts }, _caller, { action }) => ({
      code: "BENTO_PLATFORM",
      message: `AWS throttles ${action}, ${times(attempts)}: ${oneLine(message)}`,
      hint: AGAIN,
    }),
  },
  {
    is: ({ name, message }) =>
      /NotFound|^NoSuch/.test(name) ||
      (name.startsWith("ValidationError") && /does not exist/.test(message)),
    say: ({ message }, { region }, { action }) => ({
      code: "BENTO_NOT_FOUND",
      message: `${action} found nothing: ${oneLine(message)}`,
      hint: `look whether ${region} is the right region; deploying makes what is missing`,
    }),
  },
  {
    is: ({ name, message }) =>
      /^(?:ResourceConflict|PreconditionFailed|ResourceInUse|OperationInProgress|ConcurrentModification)/.test(
        name,
      ) || /_IN_PROGRESS state/.test(message),
    say: ({ message }, _caller, { action }) => ({
      code: "BENTO_CONFLICT",
      message: `${action} was refused, something else changed or is changing it: ${oneLine(message)}`,
      hint: "wait for the other change to end, then run the same command: it plans anew",
    }),
  },
  {
    is: ({ status, name }) => (status ?? 0) >= 500 || /^(?:Internal|ServiceUnavailable)/.test(name),
    say: ({ name, message, status, attempts }, _caller, { action }) => ({
      code: "BENTO_UNREACHABLE",
      message: `AWS failed in ${action}, status ${status ?? "unknown"}, ${times(attempts)}${UNREADABLE.test(message) ? "" : `: ${name}: ${oneLine(message)}`}`,
      hint: AGAIN,
    }),
  },
  {
    is: ({ code, name }) =>
      /^(?:ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|EPIPE|EHOST|ENETUNREACH|ERR_(?:SSL|TLS)|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(
        code,
      ) || name === "TimeoutError",
    say: ({ message, code }, { region }, { action }) => ({
      code: "BENTO_UNREACHABLE",
      message: `no answer from AWS to ${action}: ${oneLine(message || code)}`,
      hint: `check the network, the region ${region} and AWS_ENDPOINT_URL, then run the same command`,
    }),
  },
  {
    is: ({ message }) => UNREADABLE.test(message),
    say: (_failure, _caller, { action }) => ({
      code: "BENTO_UNREACHABLE",
      message: `the answer to ${action} is none of AWS's`,
      hint: "look for a proxy that answers in AWS's place, and at AWS_ENDPOINT_URL",
    }),
  },
  {
    is: ({ status }) => status !== undefined,
    say: ({ name, message }, _caller, { action }) => ({
      code: "BENTO_PLATFORM",
      message: `AWS refused ${action}: ${name}: ${oneLine(message)}`,
      hint: "mend what AWS names, then run the same command: it goes on from what stands",
    }),
  },
];

/** AWS's sentence names the action and mostly the resource; what it leaves out is known from the call. */
function denied({ message }: Failure, caller: AwsCaller, request: AwsRequest): Words {
  const said =
    /(?:User: (\S+) )?is not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?/.exec(
      message,
    );
  const action = said?.[2] ?? request.action;
  const named = said?.[3] === "*" ? undefined : said?.[3];
  const resource = named ?? (action === request.action ? request.resource : undefined);
  const target = resource === undefined ? "" : ` on ${resource}`;
  const why = /explicit deny|permissions boundary|service control policy|session policy/i.exec(
    message,
  )?.[0];
  const policy = policyLine(caller);
  return {
    code: "BENTO_PLATFORM",
    message: `not allowed: ${action}${target}`,
    where: said?.[1] ?? caller.callerArn,
    hint:
      why === undefined
        ? `let an administrator allow it; ${policy} prints all that is needed`
        : `it is refused by an ${why.toLowerCase()}`.replace(/an (?=[^aeiou])/, "a ") +
          `: let an administrator look there; ${policy} prints all that is needed`,
  };
}

/** The command that prints what somebody must be allowed. */
export function policyLine({
  deployment,
  platform,
}: Pick<AwsCaller, "deployment" | "platform">): string {
  const name = deployment === undefined ? "" : ` ${deployment}`;
  return `bento deployment policy${name} --platform ${platform}`;
}

function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const { status, attempts } = metadataOf(error);
  return {
    name: error.name,
    message: error.message,
    code: codeOf(error),
    status,
    attempts,
  };
}

function metadataOf(error: Error): { status: number | undefined; attempts: number } {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const read = (key: string): number | undefined => {
    const value: unknown =
      typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, key) : undefined;
    return typeof value === "number" ? value : undefined;
  };
  return { status: read("httpStatusCode"), attempts: read("attempts") ?? 1 };
}

/** Several addresses that all refuse come as one error with the others inside. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  const value: unknown =
    "code" in error ? error.code : inner instanceof Error && "code" in inner ? inner.code : "";
  return typeof value === "string" ? value : "";
}

function times(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

function oneLine(message: string): string {
  return message.trim().replace(/\s+/g, " ").replace(/\.$/, "");
}
