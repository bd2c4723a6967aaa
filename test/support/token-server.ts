/**
 * Gives Bearer tokens as registries of the distribution specification want them: RS256, the certificate in the header.
 *
 * @module
 */
import { createSign, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface TokenServerOptions {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** May do everything; nobody else may write. */
  readonly account: { readonly username: string; readonly password: string };
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
}

const SERVICE = "test-registry";
const ISSUER = "test-issuer";

/** Starts it; `await using` stops it. A wrong password is answered with 401. */
export async function tokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { username, password } = options.account;
  const owner = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== owner) {
      response.writeHead(401).end();
      return;
    }
    const token = signed(accessOf(request, authorization === owner), options);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    realm: `http://127.0.0.1:${port}/token`,
    service: SERVICE,
    issuer: ISSUER,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

function accessOf(request: IncomingMessage, isOwner: boolean): Access[] {
  const { searchParams } = new URL(request.url ?? "", "http://tokens");
  return searchParams.getAll("scope").map((scope) => {
    const [type = "", name = "", actions = ""] = scope.split(":");
    const asked = actions.split(",");
    return { type, name, actions: isOwner ? asked : asked.filter((action) => action === "pull") };
  });
}

function signed(access: readonly Access[], { key, certificate }: TokenServerOptions): string {
  const x5c = [certificate.replaceAll(/-----.*?-----|\s/g, "")];
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: "test",
    aud: SERVICE,
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: randomUUID(),
    access,
  };
  const parts = [{ typ: "JWT", alg: "RS256", x5c }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const text = parts.join(".");
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
}
