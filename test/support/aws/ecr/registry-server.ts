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
import { DroppedCall } from "../client-calls.ts";
import { asMembers, textOf } from "../members.ts";
import type { KeptImage } from "./images.ts";

export interface RegistryDoor {
  /** Whose token it is. @throws AwsFailure when it is none, or old */
  principalOf(token: string): Principal;
  /** Carries a request out as a call of a client. @throws AwsFailure, DroppedCall */
  take<Result>(request: RegistryCall, perform: () => Promise<Result>): Promise<Result>;
  hasRepository(name: string): Promise<boolean>;
  /** @throws AwsFailure when the tag may not move */
  putImage(image: PushedManifest): Promise<void>;
  hasManifest(repository: string, reference: string): Promise<boolean>;
  /** What is attached to an image. */
  referrers(repository: string, digest: string): Promise<readonly KeptImage[]>;
}

/** What a policy calls a request of the distribution protocol. */
export interface RegistryCall {
  readonly action: string;
  readonly repository: string;
  readonly principal: Principal;
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
    answer(request, { door, behind: behind.host })
      .then((send) => send(response))
      .catch((error: unknown) => refuse(response, error));
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

/** Sends an answer that is ready. */
type Send = (response: ServerResponse) => Promise<void>;

async function answer(request: IncomingMessage, { door, behind }: Behind): Promise<Send> {
  const { method = "GET", url = "" } = request;
  const principal = door.principalOf(tokenOf(request));
  const path = new URL(url, "http://registry").pathname;
  const [, repository = "", kind = "", reference = ""] =
    /^\/v2\/(.+?)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
  if (repository === "") {
    return await forward(request, behind);
  }
  const action = actionOf(method, kind);
  return await door.take({ action, repository, principal }, async () => {
    if (!(await door.hasRepository(repository))) {
      throw new AwsFailure(
        "NAME_UNKNOWN",
        `The repository with name '${repository}' does not exist in the registry`,
        404,
      );
    }
    if (action === "PutImage") {
      const body = Buffer.concat(await Array.fromAsync(request));
      return await takeManifest({ request, body, repository, reference }, { door, behind });
    }
    if (kind === "manifests" && !(await door.hasManifest(repository, reference))) {
      throw new AwsFailure("MANIFEST_UNKNOWN", "Requested image not found", 404);
    }
    if (kind === "referrers") {
      return referrersOf(await door.referrers(repository, reference));
    }
    return await forward(request, behind);
  });
}

/** The index of the distribution specification. */
function referrersOf(images: readonly KeptImage[]): Send {
  const manifests = images.map(({ digest, mediaType, manifestBytes: size, manifest }) => ({
    mediaType,
    digest,
    size,
    artifactType: manifest["artifactType"] ?? asMembers(manifest["config"])["mediaType"],
    annotations: manifest["annotations"],
  }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return async (response) => {
    response.writeHead(200, { "content-type": mediaType });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  };
}

function tokenOf({ headers }: IncomingMessage): string {
  const [scheme, value = ""] = (headers.authorization ?? "").split(" ");
  const [user, token] = Buffer.from(value, "base64").toString("utf8").split(/:(.*)/s);
  if (scheme !== "Basic" || user !== "AWS" || token === undefined) {
    throw new AwsFailure("UNAUTHORIZED", "Not Authorized", 401);
  }
  return token;
}

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
  return kind === "referrers" ? "BatchGetImage" : "ListImages";
}

interface Manifest {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly repository: string;
  readonly reference: string;
}

/** The bytes are stored before the API shows them, and only when it takes them. */
async function takeManifest(
  { request, body, repository, reference }: Manifest,
  { door, behind }: Behind,
): Promise<Send> {
  const digest = digestOf(body);
  const mediaType = request.headers["content-type"] ?? "";
  const put = (name: string) =>
    fetch(`http://${behind}/v2/${repository}/manifests/${name}`, {
      method: "PUT",
      headers: { "content-type": mediaType },
      body: new Uint8Array(body),
    });
  const stored = await put(digest);
  if (stored.ok) {
    const tag = reference.startsWith("sha256:") ? undefined : reference;
    await door.putImage({ repository, tag, digest, mediaType, manifest: body.toString("utf8") });
    if (tag !== undefined) {
      await put(tag);
    }
  }
  const said = Buffer.from(await stored.arrayBuffer());
  const subject = textOf(
    asMembers(asMembers(JSON.parse(body.toString("utf8")))["subject"]),
    "digest",
  );
  return async (response) => {
    response.writeHead(stored.status, {
      "docker-content-digest": digest,
      // without it clients keep lists of their own, under tags that would have to move
      ...(subject === undefined ? {} : { "oci-subject": subject }),
    });
    response.end(said);
  };
}

async function forward(request: IncomingMessage, behind: string): Promise<Send> {
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
  return async (response) => {
    response.writeHead(found.status, Object.fromEntries(passed));
    for await (const chunk of found.body ?? []) {
      response.write(chunk);
    }
    response.end();
  };
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || error instanceof DroppedCall) {
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
  const code = failure.code === "AccessDenied" ? "DENIED" : failure.code;
  response.end(JSON.stringify({ errors: [{ code, message: failure.message }] }));
}
