/**
 * From a bento to an answer out of its image: made, pushed to a real registry, pulled again, and run by everything that
 * runs containers here.
 */
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCandidate } from "../../deploy/verify.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import {
  podmanSettings,
  type Running,
  runUnderBubblewrap,
  runUnderPodman,
  runUnderRunc,
  sayUnderBubblewrap,
  startRegistry,
  unpackBundle,
} from "../support/image-stand.ts";
import { skipWithout } from "../support/tools.ts";

const TOOLS = [
  "apt-get",
  "dpkg-deb",
  "docker-registry",
  "skopeo",
  "umoci",
  "bwrap",
  "runc",
  "podman",
];
const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

const SAMPLES = [
  { project: "iris", model: "iris_random_forest", name: "iris_classifier", golden: 7 },
  { project: "digits", model: "digits_mlp_torch", name: "digits_mlp_torch", golden: 2 },
] as const;
type Sample = (typeof SAMPLES)[number];

interface Pushed {
  /** Exact tag of the bento. */
  readonly tag: string;
  readonly digest: string;
  /** Name in the registry. */
  readonly reference: string;
  /** Unpacked after the pull. */
  readonly bundle: string;
}

describe.skipIf(skipWithout(...TOOLS))("an image that was pushed and pulled", () => {
  let cli: TestCli;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  const pushed = new Map<string, Pushed>();

  beforeAll(async () => {
    cli = await testCli();
    await mkdir(join(cli.work, "registry"));
    registry = await startRegistry(join(cli.work, "registry"));
    await cli.must("base build --output oci:base");
    for (const sample of SAMPLES) {
      pushed.set(sample.project, await pushAndPull(sample));
    }
  }, 180_000);

  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await cli?.[Symbol.asyncDispose]();
  });

  async function pushAndPull({ project, model, name }: Sample): Promise<Pushed> {
    await cli.must(`models import ${FIXTURES}models/${model}/model.onnx --name ${name}`);
    const tag = (await cli.raw(`build ${FIXTURES}${project} -o tag`)).trim();
    const digest = (
      await cli.raw(`containerize ${tag} --base oci:base --output oci:${project}`)
    ).trim();
    const reference = `${registry.host}/team/${project}:v1`;
    await cli.must(`image push oci:${project} ${reference}`);
    const pulled = join(cli.work, `${project}-pulled`);
    const copy = ["copy", "--quiet", "--src-tls-verify=false", "--preserve-digests"];
    execFileSync("skopeo", [...copy, `docker://${reference}`, `oci:${pulled}:v1`]);
    const bundle = join(cli.work, `${project}-bundle`);
    unpackBundle(`${pulled}:v1`, bundle);
    return { tag, digest, reference, bundle };
  }

  function imageOf({ project }: Sample): Pushed {
    const found = pushed.get(project);
    if (found === undefined) {
      throw new Error(`${project} was not pushed`);
    }
    return found;
  }

  /** How many golden requests it answers rightly. */
  async function answers(sample: Sample, running: Pick<Running, "url">): Promise<number> {
    const { url } = running;
    const send = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init);
    const directory = join(FIXTURES, sample.project);
    return await verifyCandidate({ candidate: { url, send }, directory, tag: imageOf(sample).tag });
  }

  describe.each(SAMPLES)("of $project", (sample) => {
    it("is the same image to skopeo", () => {
      const { digest, reference } = imageOf(sample);
      const inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}"];
      const seen = execFileSync("skopeo", [...inspect, `docker://${reference}`], {
        encoding: "utf8",
      });
      expect(seen.trim()).toBe(digest);
    });

    it("runs as another user who may write nowhere but in /tmp", () => {
      const script = `
        const { writeFileSync } = require("node:fs");
        const attempt = (path) => { try { writeFileSync(path, ""); return "written"; } catch (error) { return error.code; } };
        const paths = ["/app/file", "/home/file", "/etc/file", "/tmp/file"];
        console.log(JSON.stringify([process.getuid(), process.getgid(), ...paths.map(attempt)]));
      `;
      const seen = sayUnderBubblewrap(imageOf(sample).bundle, [
        "/usr/local/bin/node",
        "-e",
        script,
      ]);
      expect(JSON.parse(seen)).toEqual([65_532, 65_532, "EROFS", "EROFS", "EROFS", "written"]);
    });

    it("answers its golden requests under bubblewrap", async () => {
      await using running = await runUnderBubblewrap(imageOf(sample).bundle);
      expect(await answers(sample, running)).toBe(sample.golden);
    });

    it("answers its golden requests under runc", async () => {
      await using running = await runUnderRunc(imageOf(sample).bundle, `bento-${sample.project}`);
      expect(await answers(sample, running)).toBe(sample.golden);
    });

    it("answers its golden requests under podman", async () => {
      const settings = await podmanSettings(join(cli.work, "podman"));
      const { reference } = imageOf(sample);
      await using running = await runUnderPodman(`docker://${reference}`, settings);
      expect(await answers(sample, running)).toBe(sample.golden);
    }, 60_000);
  });

  it.each(["bwrap", "podman"])(
    "is deployed here and looked after with --engine %s",
    async (engine) => {
      const environment = await podmanSettings(join(cli.work, "podman"));
      const bento = async (line: string) => {
        const { exitCode, out, err } = await cli.bento(line, { environment });
        return exitCode === 0 ? out : `exit ${exitCode}\n${err}`;
      };
      const { tag } = imageOf(SAMPLES[0]);
      const deploy = `deploy ${tag} --platform local --engine ${engine} --image oci:iris --yes`;
      expect(await bento(deploy)).toMatch(/^http:\/\/127\.0\.0\.1:\S+\n$/);
      const status = await bento("deployment status iris-classifier");
      expect(status).toMatch(/^iris-classifier {2}ready {2}http:/);
      const url = /http:\S+/.exec(status)?.[0] ?? "";
      expect(await answers(SAMPLES[0], { url })).toBe(SAMPLES[0].golden);
      expect(await bento("deployment logs iris-classifier --tail 1")).toMatch(/"msg":"request"/);
      expect((await cli.bento(deploy, { environment })).err).toMatch(/nothing to do/);
      expect(await bento("deployment destroy iris-classifier --yes")).toBe("iris-classifier\n");
      await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
      expect(await bento("deployment status iris-classifier")).toMatch(/^exit 6\n/);
    },
    60_000,
  );
});
