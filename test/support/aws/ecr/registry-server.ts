/**
 * The registry of ECR: Debian's docker-registry behind ECR's door. Basic credentials from GetAuthorizationToken, no
 * repository that nobody created, no second digest under a tag that may not move; what is pushed is seen by the API.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { digestOf } from "../../../../core/digest.ts";
import { dockerRegistry } from "../../docker-registry.ts";
import { AwsFailure, type Principal } from "../aws-call.ts";

export interface RegistryDoor {
  /** Whose token it is. @throws AwsFailure when it is none, or old */
  principalOf(token: string): Principal;
  /** Asked before anything else: written down, faults, policy. @throws AwsFailure */
  admit(action: string, repository: string, principal: Principal): Promise<void>;
  hasRepository(name: string): Promise<boolean>;
  /** @throws AwsFailure when the tag may not move */
  putImage(image: PushedManifest): Promise<void>;
  hasManifest(repository: string, reference: string): Promise<boolean>;
}

export interface PushedManifest {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string;
  readonly mediaType: string;
  readonly manifest: string;
}

export interface RegistryServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, as GetAuthorizationToken tells it. */
  readonly endpoint: string;
  /** `127.0.0.1:PORT` of the registry behind the door, which asks for nothing. */
  readonly behind: string;
}

export async function registryServer(door: RegistryDoor): Promise<RegistryServer> {
  const stack = new AsyncDisposableStack();
  const behind = stack.use(await dockerRegistry());
  const server = createServer((request, response) => {
    request.on("error", () => {}); // callers that break off
    answer(request, response, { door, behind: behind.host }).catch((error: unknown) =>
      refuse(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    behind: behind.host,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

interface Behind {
  readonly door: RegistryDoor;
  /** `127.0.0.1:PORT` */
  readonly behind: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { door, behind }: Behind,
): Promise<void> {
  const { method = "GET", url = "" } = request;
  const principal = door.principalOf(tokenOf(request));
  const path = new URL(url, "http://registry").pathname;
  const [, repository = "", kind = "", reference = ""] =
    /^\/v2\/(.+?)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
  if (repository === "") {
    await forward(request, response, behind);
    return;
  }
  const action = actionOf(method, kind);
  await door.admit(action, repository, principal);
  if (!(await door.hasRepository(repository))) {
    throw new AwsFailure(
      "NAME_UNKNOWN",
      `The repository with name '${repository}' does not exist in the registry`,
      404,
    );
  }
  if (action === "PutImage") {
    const body = Buffer.concat(await Array.fromAsync(request));
    await takeManifest({ request, response, body, repository, reference }, { door, behind });
    return;
  }
  if (kind === "manifests" && !(await door.hasManifest(repository, reference))) {
    throw new AwsFailure("MANIFEST_UNKNOWN", "Requested image not found", 404);
  }
  await forward(request, response, behind);
}

function tokenOf({ headers }: IncomingMessage): string {
  const [scheme, value = ""] = (headers.authorization ?? "").split(" ");
  const [user, token] = Buffer.from(value, "base64").toString("utf8").split(/:(.*)/s);
  if (scheme !== "Basic" || user !== "AWS" || token === undefined) {
    throw new AwsFailure("UNAUTHORIZED", "Not Authorized", 401);
  }
  return token;
}

/** What a policy calls a request of the distribution protocol. */
function actionOf(method: string, kind: string): string {
  if (kind === "manifests") {
    return method === "PUT" ? "PutImage" : "BatchGetImage";
  }
  if (kind === "blobs") {
    const actions: Readonly<Record<string, string>> = {
      HEAD: "BatchCheckLayerAvailability",
      POST: "InitiateLayerUpload",
      PATCH: "UploadLayerPart",
      PUT: "CompleteLayerUpload",
    };
    return actions[method] ?? "GetDownloadUrlForLayer";
  }
  return "ListImages";
}

interface Manifest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly repository: string;
  readonly reference: string;
}

/** The bytes are stored before the API shows them, and only when it takes them. */
async function takeManifest(
  { request, response, body, repository, reference }: Manifest,
  { door, behind }: Behind,
): Promise<void> {
  const digest = digestOf(body);
  const mediaType = request.headers["content-type"] ?? "";
  const stored = await fetch(`http://${behind}/v2/${repository}/manifests/${digest}`, {
    method: "PUT",
    headers: { "content-type": mediaType },
    body: new Uint8Array(body),
  });
  if (stored.ok) {
    const tag = reference.startsWith("sha256:") ? undefined : reference;
    await door.putImage({ repository, tag, digest, mediaType, manifest: body.toString("utf8") });
    if (tag !== undefined) {
      await fetch(`http://${behind}/v2/${repository}/manifests/${tag}`, {
        method: "PUT",
        headers: { "content-type": mediaType },
        body: new Uint8Array(body),
      });
    }
  }
  response.writeHead(stored.status, { "docker-content-digest": digest });
  response.end(Buffer.from(await stored.arrayBuffer()));
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  behind: string,
): Promise<void> {
  const { authorization: _, connection: __, expect: ___, ...headers } = request.headers;
  const { method = "GET" } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const init = {
    method,
    headers: { ...(headers as Record<string, string>) },
    redirect: "manual",
    ...(hasBody ? { body: request, duplex: "half" } : {}),
  } as unknown as RequestInit;
  const found = await fetch(`http://${behind}${request.url ?? ""}`, init);
  const passed = [...found.headers].filter(
    ([name]) => !["connection", "transfer-encoding"].includes(name),
  );
  response.writeHead(found.status, Object.fromEntries(passed));
  for await (const chunk of found.body ?? []) {
    response.write(chunk);
  }
  response.end();
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const failure =
    error instanceof AwsFailure ? error : new AwsFailure("UNKNOWN", String(error), 500);
  response.writeHead(failure.status, {
    "content-type": "application/json; charset=utf-8",
    "docker-distribution-api-version": "registry/2.0",
    ...(failure.status === 401
      ? {
          "www-authenticate":
            'Basic realm="https://ecr.amazonaws.com/",service="ecr.amazonaws.com"',
        }
      : {}),
  });
  response.end(JSON.stringify({ errors: [{ code: failure.code, message: failure.message }] }));
}
