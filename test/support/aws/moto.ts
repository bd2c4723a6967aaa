/**
 * moto_server as a child: the real component behind STS, ECR, IAM, SSM, SQS, S3 and CloudWatch.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { AwsFailure, type AwsReply, type AwsRequest, type Members } from "./aws-call.ts";
import { formatQuery } from "./query-protocol.ts";

export interface Moto extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Passes a client's request on as it is, or writes one for a call among services. */
  handle(request: AwsRequest): Promise<AwsReply>;
}

/** How services are spoken to that are no REST. */
const TARGETS: Readonly<Record<string, string>> = {
  ecr: "AmazonEC2ContainerRegistry_V20150921",
  logs: "Logs_20140328",
  ssm: "AmazonSSM",
  sqs: "AmazonSQS",
};
const VERSIONS: Readonly<Record<string, string>> = {
  iam: "2010-05-08",
  sts: "2011-06-15",
  monitoring: "2010-08-01",
};
/** Of JSON's two dialects. */
const DIALECTS: Readonly<Record<string, string>> = { sqs: "1.0" };

/** @param account - that everything belongs to */
export async function startMoto(account: string): Promise<Moto> {
  const port = await freePort();
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    env: { ...process.env, MOTO_ACCOUNT_ID: account, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
  });
  const ended = once(child, "exit");
  ended.catch(() => {});
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([
    isUp(endpoint),
    ended.then(() => {
      throw new Error("moto_server ended; install it: pip install 'moto[server]'");
    }),
  ]);
  return {
    endpoint,
    handle: (request) => pass(endpoint, request),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function pass(endpoint: string, request: AwsRequest): Promise<AwsReply> {
  const { raw } = request;
  if (raw !== undefined) {
    const {
      host: _,
      connection: __,
      "content-length": ___,
      expect: ____,
      ...headers
    } = raw.headers;
    return await replyOf(endpoint + raw.path, { method: raw.method, headers, body: raw.body });
  }
  const reply = await replyOf(`${endpoint}/`, written(request));
  const text = Buffer.from(reply.bytes ?? []).toString("utf8");
  if ((reply.status ?? 200) >= 300) {
    throw failureOf(text, reply.status ?? 500);
  }
  return { members: text.startsWith("{") ? JSON.parse(text) : { Xml: text } };
}

function written({ service, action, parameters, region }: AwsRequest) {
  const scope = `AKIAMOTO/20260101/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const target = TARGETS[service];
  return target === undefined
    ? {
        method: "POST",
        headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
        body: Buffer.from(formatQuery(action, parameters, VERSIONS[service] ?? "")),
      }
    : {
        method: "POST",
        headers: {
          authorization,
          "content-type": `application/x-amz-json-${DIALECTS[service] ?? "1.1"}`,
          "x-amz-target": `${target}.${action}`,
        },
        body: Buffer.from(JSON.stringify(parameters)),
      };
}

async function replyOf(
  url: string,
  init: { method: string; headers: Record<string, string>; body: Buffer },
): Promise<AwsReply> {
  const hasBody = init.method !== "GET" && init.method !== "HEAD";
  const response = await fetch(url, {
    method: init.method,
    headers: init.headers,
    ...(hasBody ? { body: new Uint8Array(init.body) } : {}),
  });
  const headers = [...response.headers].filter(([name]) => !HOP_HEADERS.has(name));
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    bytes: new Uint8Array(await response.arrayBuffer()),
  };
}

const HOP_HEADERS = new Set([
  "connection",
  "content-length",
  "transfer-encoding",
  "server",
  "date",
]);

function failureOf(text: string, status: number): AwsFailure {
  if (text.startsWith("{")) {
    const { __type: type = "", message, Message } = JSON.parse(text) as Record<string, string>;
    return new AwsFailure(type.split("#").at(-1) ?? "", message ?? Message ?? text, status);
  }
  const [, code = "InternalFailure"] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message = text] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  return new AwsFailure(code, message, status);
}

/** One value of an answer in XML. */
export function xmlValue(members: Members, name: string): string {
  const [, value = ""] =
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(String(members["Xml"])) ?? [];
  return value;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isUp(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const isAnswering = await fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => false,
    );
    if (isAnswering) {
      return;
    }
    await wait(50);
  }
  throw new Error(`no moto_server at ${endpoint} after 30 s`);
}
