/**
 * A bento becomes an image in Debian's docker-registry, in one command.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { testCli } from "../support/cli.ts";
import { irisProject, writeGreeter } from "../support/cli-projects.ts";
import { ACCOUNT, dockerRegistry } from "../support/docker-registry.ts";
import { skipWithout } from "../support/tools.ts";

const Pushed = z.object({
  reference: z.string(),
  tags: z.array(z.string()),
  attachments: z.number(),
  uploadedBytes: z.number(),
  blobs: z.object({ exists: z.number(), mounted: z.number(), uploaded: z.number() }),
});

describe.skipIf(skipWithout("docker-registry", "skopeo", "openssl"))(
  "bento containerize --output registry:…",
  () => {
    it("pushes the image under its version, and of new code kilobytes alone", async () => {
      await using cli = await testCli();
      await using registry = await dockerRegistry("token");
      await writeSampleBase(join(cli.work, "base"));
      await writeGreeter(cli);
      await cli.must("build");
      const environment = {
        BENTO_REGISTRY_USERNAME: ACCOUNT.username,
        BENTO_REGISTRY_PASSWORD: ACCOUNT.password,
      };
      const name = `${registry.host}/team/greeter`;
      const line = `containerize greeter --base oci:base --output registry:${name}`;
      const made = await cli.bento(line, { environment });
      expect(made).toMatchObject({ exitCode: 0, out: "sha256:DIGEST\n" });
      expect(made.err).toMatch(
        /\nwrote registry:127\.0\.0\.1:PORT\/team\/greeter@sha256:DIGEST\n$/,
      );
      const [, version] = (await cli.raw("list greeter -o tag")).trim().split(":");
      const reference = `docker://${name}:${version}`;
      const flags = ["inspect", "--tls-verify=false", "--no-creds", reference];
      const { stdout } = await promisify(execFile)("skopeo", flags);
      expect(JSON.parse(stdout).Labels["org.bentokit.bento"]).toBe("greeter");

      await writeGreeter(cli, { "bentofile.yaml": "labels: {team: other}" });
      await cli.must("build");
      await cli.must("containerize greeter --base oci:base");
      const argv = ["image", "push", "greeter", `${name}:new`, "--json"];
      const again = await cli.run(argv, { environment });
      const pushed = Pushed.parse(JSON.parse(again.out));
      expect(pushed).toEqual({
        reference: "127.0.0.1:PORT/team/greeter@sha256:DIGEST",
        tags: ["new", "VERSION"],
        attachments: 2,
        uploadedBytes: pushed.uploadedBytes,
        // the app's layer and the config
        blobs: { exists: pushed.blobs.exists, mounted: 0, uploaded: 2 },
      });
      expect(pushed.uploadedBytes).toBeLessThan(64 * 1024);
    });

    it("takes a model's layer from where the model was pushed", async () => {
      await using cli = await testCli();
      await using registry = await dockerRegistry();
      await writeSampleBase(join(cli.work, "base"));
      await irisProject(cli);
      await cli.must("build iris");
      const place = `${registry.host}/team`;
      const tags = (await cli.raw("models list -o tag")).trim().split("\n");
      await cli.must(`models push ${tags.join(" ")} --to oci://${place}`);
      const bento = (await cli.raw("list -o tag")).trim();
      await cli.must(`containerize ${bento} --base oci:base`);
      const argv = ["image", "push", bento, `${place}/iris:v1`, "--json"];
      const { blobs } = Pushed.parse(JSON.parse((await cli.run(argv)).out));
      expect(blobs.mounted).toBe(1);
    });

    it("says that the account is wrong, and leaves nothing there", async () => {
      await using cli = await testCli();
      await using registry = await dockerRegistry("basic");
      await writeSampleBase(join(cli.work, "base"));
      await writeGreeter(cli);
      await cli.must("build");
      const environment = {
        BENTO_REGISTRY_USERNAME: ACCOUNT.username,
        BENTO_REGISTRY_PASSWORD: "wrong",
      };
      const line = `containerize greeter --base oci:base --output registry:${registry.host}/x/y`;
      const { exitCode, err } = await cli.bento(line, { environment });
      expect(exitCode).toBe(5);
      expect(err).toMatch(/error: 127\.0\.0\.1:PORT does not let "robot" read x\/y/);
    });
  },
);
