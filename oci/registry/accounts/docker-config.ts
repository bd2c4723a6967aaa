/**
 * Accounts as `docker login` keeps them: in `config.json`, or with the helper program that it names for a host or for all.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { BentoError } from "../../../core/bento-error.ts";
import type { CredentialSource, Credentials } from "../credentials.ts";
import { nothingStored, runHelper } from "./credential-helper.ts";

const Account = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
type Account = z.infer<typeof Account>;

const DockerConfig = z.object({
  auths: z.record(z.string(), Account).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});
type DockerConfig = z.infer<typeof DockerConfig>;

export interface DockerConfigOptions {
  /** `DOCKER_CONFIG` names the folder of the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's home, where `.docker` is. */
  readonly home: string;
}

/** What Docker's own registry is called in that file. */
const DOCKER_HUB = "https://index.docker.io/v1/";

/**
 * Knows the accounts of `config.json`; the file is read at the first question.
 *
 * @throws BentoError BENTO_INVALID_INPUT when the file is no such file, BENTO_IO when a helper fails
 */
export function dockerCredentials({ environment, home }: DockerConfigOptions): CredentialSource {
  const folder = environment["DOCKER_CONFIG"] || join(home, ".docker");
  let config: Promise<DockerConfig | undefined> | undefined;
  return async ({ host, isNeeded, signal }) => {
    config ??= readConfig(join(folder, "config.json"));
    const { auths, credHelpers, credsStore } = (await config) ?? DockerConfig.parse({});
    const names = host === "docker.io" ? [DOCKER_HUB, "docker.io", "index.docker.io"] : [host];
    const helper = names.map((name) => credHelpers[name]).find(Boolean) ?? credsStore;
    if (helper !== undefined && helper !== "") {
      const server = names[0] ?? host;
      const asked = runHelper(helper, { server, environment, signal });
      // a helper that is missing does not stand in the way of what anyone may read
      const found = await (isNeeded ? asked : asked.catch(() => nothingStored));
      if (found !== nothingStored) {
        return found;
      }
    }
    const key = Object.keys(auths).find(
      (name) => names.includes(name) || names.includes(bare(name)),
    );
    return key === undefined ? undefined : credentialsIn(auths[key] ?? {});
  };
}

/** `https://registry.example/v2/` is written for `registry.example` by older programs. */
function bare(name: string): string {
  return name.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOENT", "ENOTDIR"].includes(String(error.code))
    ) {
      return undefined;
    }
    throw new BentoError("BENTO_IO", "cannot read the accounts of docker login", {
      where: path,
      hint: "check who may read the file",
      cause: error,
    });
  }
  try {
    return DockerConfig.parse(JSON.parse(text));
  } catch (error) {
    throw new BentoError("BENTO_INVALID_INPUT", "not a file of docker login", {
      where: path,
      hint: "mend the file, or name another folder: DOCKER_CONFIG=DIR",
      cause: error,
    });
  }
}

function credentialsIn(account: Account): Credentials | undefined {
  if (account.identitytoken !== undefined && account.identitytoken !== "") {
    return { kind: "identity-token", token: account.identitytoken };
  }
  const pair = Buffer.from(account.auth ?? "", "base64").toString("utf8");
  const colon = pair.indexOf(":");
  const username = colon > 0 ? pair.slice(0, colon) : (account.username ?? "");
  // some programs pad the text with zeros
  const password = colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, "") : (account.password ?? "");
  return username === "" ? undefined : { kind: "password", username, password };
}
