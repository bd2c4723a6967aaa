/**
 * Amazon ECR: an account of twelve hours for the identity that the AWS library finds.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import type { CloudRegistry } from "./cloud.ts";

/** What is used of `@aws-sdk/client-ecr`. */
interface EcrLibrary {
  readonly ECRClient: new (options: {
    region: string;
  }) => {
    send(command: object): Promise<{
      readonly authorizationData?: readonly { readonly authorizationToken?: string }[];
    }>;
  };
  readonly GetAuthorizationTokenCommand: new (input: object) => object;
}

const HOSTS =
  /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/;

export const ecrCredentials: CloudRegistry = {
  hosts: HOSTS,
  async credentials(host, { load }) {
    const region = HOSTS.exec(host)?.[1] ?? "";
    const library = (await load("@aws-sdk/client-ecr", "Amazon ECR")) as EcrLibrary;
    try {
      const client = new library.ECRClient({ region });
      const answer = await client.send(new library.GetAuthorizationTokenCommand({}));
      const token = answer.authorizationData?.[0]?.authorizationToken ?? "";
      const [username = "", password = ""] = Buffer.from(token, "base64").toString().split(":");
      if (password === "") {
        throw new Error("the answer holds no token");
      }
      return { kind: "password", username, password };
    } catch (error) {
      throw new BentoError("BENTO_UNREACHABLE", `no account for ECR: ${reason(error)}`, {
        where: host,
        hint: "give the AWS library an identity, e.g. aws sso login or AWS_PROFILE=NAME, that may ecr:GetAuthorizationToken",
        cause: error,
      });
    }
  },
};

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
