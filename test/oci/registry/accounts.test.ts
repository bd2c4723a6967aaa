import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cloudCredentials } from "../../../oci/registry/accounts/cloud.ts";
import { dockerCredentials } from "../../../oci/registry/accounts/docker-config.ts";
import { environmentCredentials } from "../../../oci/registry/accounts/environment.ts";
import { peerLoader } from "../../../oci/registry/accounts/peer.ts";
import { firstCredentials } from "../../../oci/registry/credentials.ts";
import type { Answer, Outgoing } from "../../../oci/registry/exchange.ts";
import { failureOf } from "../../support/failure.ts";
import { tempDir } from "../../support/temp-dir.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const ask = (host: string, isNeeded = true) => ({ host, isNeeded });

/** Accounts of a config.json, and of helper programs with the given scripts. */
async function dockerLogin(
  directory: string,
  config: object | string,
  helpers: Readonly<Record<string, string>> = {},
) {
  const bin = join(directory, "bin");
  await mkdir(bin, { recursive: true });
  for (const [name, script] of Object.entries(helpers)) {
    const file = join(bin, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }
  const text = typeof config === "string" ? config : JSON.stringify(config);
  await writeFile(join(directory, "config.json"), text);
  const environment = { DOCKER_CONFIG: directory, PATH: `${bin}:${process.env["PATH"]}` };
  return dockerCredentials({ environment, home: directory });
}

describe("dockerCredentials", () => {
  it.each([
    ["registry.example", { "registry.example": { auth: base64("me:a:b") } }, "me", "a:b"],
    ["registry.example", { "https://registry.example/v2/": { auth: base64("me:pw") } }, "me", "pw"],
    ["registry.example:5000", { "registry.example:5000": { auth: base64("me:pw") } }, "me", "pw"],
    ["docker.io", { "https://index.docker.io/v1/": { auth: base64("me:pw\0\0") } }, "me", "pw"],
    ["registry.example", { "registry.example": { username: "me", password: "pw" } }, "me", "pw"],
  ])("reads the account for %s of %j", async (host, auths, username, password) => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, { auths });
    expect(await source(ask(host))).toEqual({ kind: "password", username, password });
  });

  it.each([
    ["another host", { auths: { "other.example": { auth: base64("me:pw") } } }],
    ["a port", { auths: { "registry.example:5000": { auth: base64("me:pw") } } }],
    ["an empty entry", { auths: { "registry.example": {} } }],
    ["no accounts", {}],
  ])("knows nothing of a host that the file has not: %s", async (_name, config) => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, config);
    expect(await source(ask("registry.example"))).toBeUndefined();
  });

  it("knows nothing without a file", async () => {
    await using dir = await tempDir();
    const source = dockerCredentials({ environment: {}, home: dir.path });
    expect(await source(ask("registry.example"))).toBeUndefined();
  });

  it("reads an identity token", async () => {
    await using dir = await tempDir();
    const auths = { "registry.example": { auth: base64("0:"), identitytoken: "t" } };
    const source = await dockerLogin(dir.path, { auths });
    expect(await source(ask("registry.example"))).toEqual({ kind: "identity-token", token: "t" });
  });

  it("asks the host's helper first, then the one for all, then the file", async () => {
    await using dir = await tempDir();
    const answer = (name: string) => `cat >/dev/null; echo '{"Username":"${name}","Secret":"pw"}'`;
    const source = await dockerLogin(
      dir.path,
      {
        auths: { "third.example": { auth: base64("file:pw") } },
        credHelpers: { "first.example": "one" },
        credsStore: "all",
      },
      {
        one: answer("one"),
        all: `read host || true; case "$host" in third*) echo "credentials not found in native keychain"; exit 1;; *) echo '{"Username":"<token>","Secret":"all"}';; esac`,
      },
    );
    expect([
      await source(ask("first.example")),
      await source(ask("second.example")),
      await source(ask("third.example")),
    ]).toEqual([
      { kind: "password", username: "one", password: "pw" },
      { kind: "identity-token", token: "all" },
      { kind: "password", username: "file", password: "pw" },
    ]);
  });

  it("tells the helper which server is meant", async () => {
    await using dir = await tempDir();
    const script = `host=$(cat); echo "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"pw\\"}"`;
    const source = await dockerLogin(dir.path, { credsStore: "echo" }, { echo: script });
    const users = await Promise.all(
      ["docker.io", "r.example:5000"].map(async (host) => await source(ask(host))),
    );
    expect(users).toMatchObject([
      { username: "https://index.docker.io/v1/" },
      { username: "r.example:5000" },
    ]);
  });

  it.each([
    ["fails", "echo out of order; exit 3", "out of order"],
    ["answers nonsense", "echo secret", "its answer is no account"],
    ["is killed", "kill -9 $$", "it failed"],
  ])("names a helper that %s", async (_name, script, reason) => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, { credsStore: "bad" }, { bad: script });
    expect(await failureOf(() => source(ask("r.example")))).toEqual({
      code: "BENTO_IO",
      message: `docker-credential-bad gives no account for r.example: ${reason}`,
      where: "docker-credential-bad",
      hint: "install the program, or take its name out of docker's config.json and log in again",
    });
  });

  it.each([
    ["absent", "not on the search path"],
    ["../evil", "not the name of a program"],
  ])("refuses the helper %s", async (credsStore, reason) => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, { credsStore });
    const { message } = await failureOf(() => source(ask("r.example")));
    expect(message).toBe(
      `docker-credential-${credsStore} gives no account for r.example: ${reason}`,
    );
  });

  it("does without a helper that fails, as long as no account is needed", async () => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, { credsStore: "absent" });
    expect(await source(ask("r.example", false))).toBeUndefined();
  });

  it.each(["{", '{"auths": 3}'])("refuses the file %j", async (text) => {
    await using dir = await tempDir();
    const source = await dockerLogin(dir.path, text);
    expect(await failureOf(() => source(ask("r.example")))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: "not a file of docker login",
      where: join(dir.path, "config.json"),
      hint: "mend the file, or name another folder: DOCKER_CONFIG=DIR",
    });
  });
});

describe("environmentCredentials", () => {
  const environment = { BENTO_REGISTRY_USERNAME: "me", BENTO_REGISTRY_PASSWORD: "pw" };

  it("is for one registry alone", async () => {
    const source = environmentCredentials(environment, "r.example");
    expect(await source(ask("r.example"))).toEqual({
      kind: "password",
      username: "me",
      password: "pw",
    });
    expect(await source(ask("other.example"))).toBeUndefined();
  });

  it("gives nothing without both", async () => {
    const { BENTO_REGISTRY_PASSWORD: _, ...half } = environment;
    expect(await environmentCredentials(half, "r.example")(ask("r.example"))).toBeUndefined();
  });
});

describe("firstCredentials", () => {
  it("asks in order and stops at the first that knows", async () => {
    const token = { kind: "identity-token", token: "second" } as const;
    const source = firstCredentials(
      async () => undefined,
      async () => token,
      async () => {
        throw new Error("asked");
      },
    );
    expect(await source(ask("r.example"))).toEqual(token);
  });
});

describe("cloudCredentials", () => {
  const noPackage = async (name: string) => {
    throw new Error(`asked for ${name}`);
  };

  it.each(["gcr.io", "europe-docker.pkg.dev", "my.azurecr.io"])(
    "is silent while %s may be read without an account",
    async (host) => {
      const source = cloudCredentials({ load: noPackage });
      expect(await source(ask(host, false))).toBeUndefined();
    },
  );

  it.each(["r.example", "evil-gcr.io.example", "azurecr.io", "x.azurecr.io.evil.example"])(
    "knows nothing of %s",
    async (host) => {
      expect(await cloudCredentials({ load: noPackage })(ask(host))).toBeUndefined();
    },
  );

  it.each([
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"],
    ["123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"],
  ])("asks ECR for an account of %s", async (host, region) => {
    const asked: unknown[] = [];
    class ECRClient {
      constructor(options: object) {
        asked.push(options);
      }
      async send() {
        return { authorizationData: [{ authorizationToken: base64("AWS:secret") }] };
      }
    }
    const load = async () => ({ ECRClient, GetAuthorizationTokenCommand: class {} });
    expect(await cloudCredentials({ load })(ask(host))).toEqual({
      kind: "password",
      username: "AWS",
      password: "secret",
    });
    expect(asked).toEqual([{ region }]);
  });

  it("takes Google's access token for a password", async () => {
    const load = async () => ({
      GoogleAuth: class {
        getAccessToken = async () => "ya29";
      },
    });
    expect(await cloudCredentials({ load })(ask("europe-west1-docker.pkg.dev"))).toEqual({
      kind: "password",
      username: "oauth2accesstoken",
      password: "ya29",
    });
  });

  it("exchanges Azure's access token at the registry", async () => {
    const load = async () => ({
      DefaultAzureCredential: class {
        getToken = async (scope: string) => ({ token: `aad for ${scope}` });
      },
    });
    const sent: unknown[] = [];
    const exchange = async ({ method, url, body }: Outgoing): Promise<Answer> => {
      const bytes = Buffer.concat(await Array.fromAsync(body?.open() ?? []));
      sent.push([method, url.href, Object.fromEntries(new URLSearchParams(bytes.toString()))]);
      return {
        status: 200,
        headers: {},
        body: (async function* () {
          yield Buffer.from('{"refresh_token":"r1"}');
        })(),
        discard() {},
      };
    };
    expect(await cloudCredentials({ load, exchange })(ask("my.azurecr.io"))).toEqual({
      kind: "identity-token",
      token: "r1",
    });
    expect(sent).toEqual([
      [
        "POST",
        "https://my.azurecr.io/oauth2/exchange",
        {
          grant_type: "access_token",
          service: "my.azurecr.io",
          access_token: "aad for https://containerregistry.azure.net/.default",
        },
      ],
    ]);
  });

  it("says why a cloud gives no account", async () => {
    const load = async () => ({
      GoogleAuth: class {
        getAccessToken = async () => null;
      },
    });
    expect(await failureOf(() => cloudCredentials({ load })(ask("gcr.io")))).toEqual({
      code: "BENTO_UNREACHABLE",
      message: "no account for Artifact Registry: no access token",
      where: "gcr.io",
      hint: "gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS=FILE",
    });
  });

  it("names the line that installs an absent library", async () => {
    await using dir = await tempDir();
    const load = peerLoader(dir.path);
    expect(await failureOf(() => load("no-such-package-of-ours", "Amazon ECR"))).toEqual({
      code: "BENTO_MISSING_PEER",
      message: "Amazon ECR needs no-such-package-of-ours, not installed here",
      where: dir.path,
      hint: "npm i -D no-such-package-of-ours",
    });
  });

  it("loads the project's own package first", async () => {
    await using dir = await tempDir();
    const folder = join(dir.path, "node_modules", "zod");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{"name":"zod","main":"index.js"}');
    await writeFile(join(folder, "index.js"), 'exports.ours = "project";');
    expect(await peerLoader(dir.path)("zod", "a test")).toMatchObject({ ours: "project" });
  });
});
