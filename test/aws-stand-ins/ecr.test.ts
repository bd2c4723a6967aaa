import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { BatchDeleteImageCommand, DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  clientOptions,
  makeRepository,
  pushSample,
  registryLogin,
} from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { sampleImage } from "../support/image-layout.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

describe.skipIf(skipWithout("moto_server", "docker-registry", "skopeo"))(
  "ECR of the stand-ins",
  () => {
    let aws: LoopbackAws;
    let ecr: ECRClient;
    beforeAll(async () => {
      aws = await startAws({ invoke: () => null });
      ecr = new ECRClient(clientOptions(aws));
      await makeRepository(aws, "bento/iris");
    });
    afterAll(() => aws[Symbol.asyncDispose]());

    it("shows what was pushed, by digest and tag, with its size", async () => {
      const { digest } = await pushSample(aws, "shown", { repository: "bento/iris", tag: "shown" });
      const imageIds = [{ imageDigest: digest }];
      const command = new DescribeImagesCommand({ repositoryName: "bento/iris", imageIds });
      const { imageDetails } = await ecr.send(command);
      expect(imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ["shown"] }]);
      expect(imageDetails?.[0]?.imageSizeInBytes).toBeGreaterThan(500);
    });

    it("takes no push to a repository that nobody made", async () => {
      const pushed = pushSample(aws, "lost", { repository: "bento/none", tag: "v1" });
      await expect(pushed).rejects.toThrow("has no repository bento/none");
    });

    it("moves no tag of an immutable repository, and takes the same image again", async () => {
      const target = { repository: "bento/iris", tag: "fixed" };
      const first = await pushSample(aws, "first", target);
      expect(await pushSample(aws, "first", target)).toEqual(first);
      await expect(pushSample(aws, "second", target)).rejects.toThrow(/immutable|tag/);
    });

    it("opens to tokens of its API alone, until they are too old", async () => {
      const { registry, username, password } = await registryLogin(aws);
      const ask = async (token: string) => {
        const authorization = `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}`;
        const { status } = await fetch(`http://${registry}/v2/`, { headers: { authorization } });
        return status;
      };
      const bare = await fetch(`http://${registry}/v2/`);
      expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([
        401,
        'Basic realm="https://ecr.amazonaws.com/",service="ecr.amazonaws.com"',
      ]);
      expect([await ask(password), await ask("guess")]).toEqual([200, 401]);
      aws.expireRegistryTokens();
      expect(await ask(password)).toBe(403);
    });

    it("serves other clients: skopeo pushes and pulls", async () => {
      await using dir = await tempDir();
      await sampleImage(join(dir.path, "layout"), { layers: { app: "by skopeo" } });
      const { registry, username, password } = await registryLogin(aws);
      const there = `docker://${registry}/bento/iris:skopeo`;
      const login = [`${username}:${password}`, "--dest-tls-verify=false"];
      const source = `oci:${join(dir.path, "layout")}:sample`;
      await promisify(execFile)("skopeo", ["copy", "--dest-creds", ...login, source, there]);
      const { stdout } = await promisify(execFile)("skopeo", [
        "inspect",
        "--tls-verify=false",
        `--creds=${username}:${password}`,
        there,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ Architecture: "amd64" });
    });

    it("serves nothing that the API deleted", async () => {
      const { digest } = await pushSample(aws, "gone", { repository: "bento/iris", tag: "gone" });
      const imageIds = [{ imageDigest: digest }];
      await ecr.send(new BatchDeleteImageCommand({ repositoryName: "bento/iris", imageIds }));
      const { registry, username, password } = await registryLogin(aws);
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
      const url = `http://${registry}/v2/bento/iris/manifests/${digest}`;
      expect((await fetch(url, { headers: { authorization } })).status).toBe(404);
    });
  },
);
