/**
 * The endpoint of all of AWS: reads what is called, writes it down, plays faults, dispatches, and answers in the
 * protocol of the client.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AwsFailure,
  type AwsReply,
  type Members,
  type Principal,
  type RawRequest,
} from "./aws-call.ts";
import { type ClientCalls, DroppedCall } from "./client-calls.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { SECRET } from "./principals.ts";
import { formatXml, formatXmlError } from "./query-protocol.ts";
import { type Protocol, type ReadRequest, readRequest } from "./read-request.ts";
import { isSignedWith } from "./signature.ts";

export interface GatewayOptions {
  readonly dispatcher: Dispatcher;
  readonly calls: ClientCalls;
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createServer((request, response) => {
    request.on("error", () => {}); // callers that break off
    serve(request, response, options).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: GatewayOptions,
): Promise<void> {
  const raw = await rawOf(request);
  let read: ReadRequest | undefined;
  try {
    read = readRequest(raw);
    send(response, { ...(await perform(raw, read, options)), call: read });
  } catch (error) {
    if (error instanceof DroppedCall) {
      request.socket.destroy();
      return;
    }
    sendFailure(response, error, read?.protocol ?? "json");
  }
}

async function rawOf(request: IncomingMessage): Promise<RawRequest> {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: Object.fromEntries(headers),
    body: Buffer.concat(await Array.fromAsync(request)),
  };
}

async function perform(
  raw: RawRequest,
  { accessKeyId, region, protocol, ...read }: ReadRequest,
  { dispatcher, calls, principals }: GatewayOptions,
): Promise<AwsReply> {
  return await calls.take(read, async (call) => {
    const principal = principals.get(accessKeyId);
    if (principal === undefined) {
      throw unknownKey(protocol);
    }
    if (!isSignedWith(SECRET, raw)) {
      throw wrongSignature(protocol);
    }
    return await dispatcher.dispatch({ ...call, region, principal, raw });
  });
}

function wrongSignature(protocol: Protocol): AwsFailure {
  return new AwsFailure(
    protocol === "query" ? "SignatureDoesNotMatch" : "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    403,
  );
}

function unknownKey(protocol: Protocol): AwsFailure {
  return protocol === "query"
    ? new AwsFailure(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
      )
    : new AwsFailure(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        403,
      );
}

function send(
  response: ServerResponse,
  { status = 200, headers = {}, members, bytes, call }: AwsReply & { call: ReadRequest },
): void {
  const requestId = randomUUID();
  response.writeHead(status, {
    "x-amzn-requestid": requestId,
    ...(members === undefined ? {} : { "content-type": CONTENT_TYPES[call.protocol] }),
    ...headers,
  });
  if (members === undefined) {
    response.end(bytes ?? "");
  } else {
    response.end(
      call.protocol === "query"
        ? formatXml(call.action, members, requestId)
        : JSON.stringify(members),
    );
  }
}

const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  query: "text/xml",
  json: "application/x-amz-json-1.1",
  rest: "application/json",
  plain: "application/json",
};

function sendFailure(response: ServerResponse, error: unknown, protocol: Protocol): void {
  const requestId = randomUUID();
  const failure =
    error instanceof AwsFailure
      ? error
      : new AwsFailure(
          "InternalFailure",
          error instanceof Error ? (error.stack ?? error.message) : String(error),
          500,
        );
  const { message, status, members } = failure;
  // services that speak JSON call it an exception
  const code =
    protocol !== "query" && failure.code === "AccessDenied"
      ? "AccessDeniedException"
      : failure.code;
  const document: Members =
    protocol === "rest"
      ? { Type: "User", ...members, Message: message, message }
      : { __type: code, ...members, message };
  response.writeHead(status, {
    "x-amzn-requestid": requestId,
    "content-type": CONTENT_TYPES[protocol],
    ...(protocol === "query" ? {} : { "x-amzn-errortype": code }),
  });
  response.end(
    protocol === "query" ? formatXmlError(code, message, requestId) : JSON.stringify(document),
  );
}
