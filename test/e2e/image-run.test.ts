/**
 * From a bento to an answer out of its image: made, pushed to a real registry, pulled again, and run by everything that
 * runs containers here.
 */
import { execFileSync } from "node:child_process";
import { appendFile, cp, mkdir, readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../adapters/local/port.ts";
import { verifyCandidate } from "../../deploy/verify.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import { openLayout } from "../../oci/layout.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { type DockerRegistry, dockerRegistry } from "../support/docker-registry.ts";
import {
  podmanSettings,
  type Running,
  runUnderBubblewrap,
  runUnderPodman,
  runUnderRunc,
  sayUnderBubblewrap,
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
  "buildah",
];
const require = createRequire(import.meta.url);
const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

/** What the Dockerfile's first stage does, to the parts that count of the package that is installed here. */
async function installNatives(root: string, dockerfile: string): Promise<void> {
  const target = join(root, "natives", "node_modules");
  const binaries = join(target, "onnxruntime-node", "bin", "napi-v6");
  for (const other of ["darwin/arm64", "linux/arm64", "linux/x64", "win32/x64"]) {
    await mkdir(join(binaries, other), { recursive: true });
  }
  const installed = dirname(require.resolve("onnxruntime-node/package.json"));
  const own = "linux/x64";
  await cp(join(installed, "bin", "napi-v6", own), join(binaries, own), { recursive: true });
  for (const part of ["package.json", "dist"]) {
    await cp(join(installed, part), join(target, "onnxruntime-node", part), { recursive: true });
  }
  const common = "onnxruntime-common";
  await cp(join(installed, "..", common), join(target, common), { recursive: true });
  const [, script = ""] =
    /^RUN ONNXRUNTIME_NODE_INSTALL=skip npm install .*?&& ([\s\S]*?)\n\n/m.exec(
      dockerfile.replaceAll("\\\n", " "),
    ) ?? ["", "exit 1"];
  execFileSync("sh", ["-ec", script], { cwd: join(root, "natives") });
  expect(await readdir(binaries, { recursive: true })).toEqual(
    expect.not.arrayContaining(["darwin", "win32", "linux/arm64"]),
  );
}

/** Digests of all files but those of packages, whose types and maps our own images leave out. */
function appFiles(app: string): string {
  const find = "find . -path ./node_modules -prune -o -type f -exec sha256sum {} + | sort -k 2";
  return execFileSync("sh", ["-c", find], { cwd: app, encoding: "utf8" });
}

/** Exit code where a network does not answer. */
const UNREACHABLE = 5;

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
  let registry: DockerRegistry;
  let isOffline = false;
  const pushed = new Map<string, Pushed>();

  beforeAll(async () => {
    cli = await testCli();
    registry = await dockerRegistry();
    const base = await cli.bento("base build --output oci:base");
    isOffline = base.exitCode === UNREACHABLE && process.env["BENTO_TEST_NO_SKIP"] !== "1";
    if (isOffline) {
      return;
    }
    await cli.must(`image push oci:base ${registry.host}/base:v1`);
    for (const sample of SAMPLES) {
      pushed.set(sample.project, await pushAndPull(sample));
    }
  }, 180_000);

  beforeEach(({ skip }) => skip(isOffline, "no package mirror answers"));

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
    expect(digest).toMatch(/^sha256:/);
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

  it("is equalled by the one that buildah makes of the bento's own Dockerfile", async () => {
    const project = join(cli.work, "docker-project");
    await cp(join(FIXTURES, "iris"), project, { recursive: true });
    await appendFile(
      join(project, "bentofile.yaml"),
      "docker:\n  base: oci:base\n  env: {A: '$b \"c\"'}\n",
    );
    const tag = (await cli.raw("build docker-project -o tag")).trim();
    await cli.must(`containerize ${tag} --output oci:ours -t v1`);
    await cli.must(`export ${tag} docker.bento`);
    const folder = join(cli.work, "docker-context");
    await mkdir(folder);
    execFileSync("tar", ["-xzf", join(cli.work, "docker.bento"), "-C", folder]);
    const natives = join(cli.work, "natives");
    await installNatives(natives, await readFile(join(folder, "env", "Dockerfile"), "utf8"));
    const env = { ...process.env, ...(await podmanSettings(join(cli.work, "podman"))) };
    const made = ["--tag", "made", "--file", "env/Dockerfile"];
    const given = [
      "--build-context",
      `natives=${natives}`,
      "--build-arg",
      `BASE=${registry.host}/base:v1`,
      "--tls-verify=false",
    ];
    const bud = ["bud", "--quiet", "--isolation", "chroot", ...given, ...made, "."];
    execFileSync("buildah", bud, { cwd: folder, env });
    execFileSync(
      "buildah",
      ["push", "--quiet", "--disable-compression", "made", `oci:${cli.work}/made:v1`],
      { env },
    );
    const bundles = ["made", "ours"].map((name) => join(cli.work, `${name}-bundle`));
    const seen: unknown[] = [];
    for (const [index, name] of ["made", "ours"].entries()) {
      unpackBundle(`${cli.work}/${name}:v1`, bundles[index] ?? "");
      const { config } = await inspectImage(await openLayout(join(cli.work, name)));
      const { User, Env, Entrypoint, WorkingDir, ExposedPorts } = config.config ?? {};
      const files = appFiles(join(bundles[index] ?? "", "rootfs", "app"));
      seen.push({ User, Env: Env?.toSorted(), Entrypoint, WorkingDir, ExposedPorts, files });
    }
    expect(seen[0]).toEqual(seen[1]);
    await using running = await runUnderBubblewrap(bundles[0] ?? "");
    const send = (path: string, init?: RequestInit) => fetch(`${running.url}${path}`, init);
    const candidate = { url: running.url, send };
    expect(await verifyCandidate({ candidate, directory: project, tag })).toBe(7);
  }, 60_000);

  it.each(["bwrap", "podman"])(
    "is deployed here and looked after with --engine %s",
    async (engine) => {
      const environment = await podmanSettings(join(cli.work, "podman"));
      const bento = async (line: string) => {
        const { exitCode, out, err } = await cli.bento(line, { environment });
        return exitCode === 0 ? out : `exit ${exitCode}\n${err}`;
      };
      const { tag } = imageOf(SAMPLES[0]);
      const port = await freePort("127.0.0.1");
      const url = `http://127.0.0.1:${port}`;
      const deploy = `deploy ${tag} --platform local --engine ${engine} --image oci:iris --set port=${port} --yes`;
      try {
        expect(await bento(deploy)).toMatch(/^http:/);
        expect(await bento("deployment status iris-classifier")).toMatch(
          /^iris-classifier {2}ready/,
        );
        expect(await answers(SAMPLES[0], { url })).toBe(SAMPLES[0].golden);
        expect(await bento("deployment logs iris-classifier --tail 1")).toMatch(/"msg":"request"/);
        expect((await cli.bento(deploy, { environment })).err).toMatch(/nothing to do/);
      } finally {
        expect(await bento("deployment destroy iris-classifier --yes")).toBe("iris-classifier\n");
      }
      await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
      expect(await bento("deployment status iris-classifier")).toMatch(/^exit 6\n/);
    },
    60_000,
  );
});
