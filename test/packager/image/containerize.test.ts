import { chmod, chown, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../../core/progress.ts";
import { fileStamps } from "../../../oci/file-stamps.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { openLayerCache } from "../../../oci/layer-cache.ts";
import { createLayout, type OciLayout } from "../../../oci/layout.ts";
import { layerPaths, lintImage } from "../../../oci/lint.ts";
import { type ContainerizeOptions, containerize } from "../../../packager/image/containerize.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { writeSampleBase, writeSampleBento, writeSampleOnnxruntime } from "./sample-bento.ts";

const directories: TempDir[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) {
    await directory[Symbol.asyncDispose]();
  }
});

async function scratch(): Promise<TempDir> {
  const directory = await tempDir();
  directories.push(directory);
  return directory;
}

type Changes = Parameters<typeof writeSampleBento>[1];

async function sample(changes: Changes = {}): Promise<ContainerizeOptions> {
  const { path } = await scratch();
  const bentoDirectory = join(path, "bento");
  return {
    bentoDirectory,
    manifest: await writeSampleBento(bentoDirectory, changes),
    base: await writeSampleBase(join(path, "base")),
    platform: "linux/amd64",
    onnxruntimeDirectory: await writeSampleOnnxruntime(join(path, "onnxruntime-node")),
    layout: await createLayout(join(path, "image")),
  };
}

async function allPaths(layout: OciLayout): Promise<string[][]> {
  const { manifest } = await inspectImage(layout);
  return Promise.all(manifest.layers.map((layer) => layerPaths(layout, layer)));
}

describe("containerize", () => {
  it("makes one layer for natives, each model and the app, over the base", async () => {
    const options = await sample();
    const result = await containerize(options);
    expect(result.layers.map(({ title }) => title)).toEqual([
      "os",
      "natives",
      "model iris:v1",
      "app",
    ]);
    const [, ...ours] = await allPaths(options.layout);
    expect(ours).toMatchInlineSnapshot(`
      [
        [
          "app/",
          "app/node_modules/",
          "app/node_modules/onnxruntime-common/",
          "app/node_modules/onnxruntime-common/dist/",
          "app/node_modules/onnxruntime-common/dist/cjs/",
          "app/node_modules/onnxruntime-common/dist/cjs/index.js",
          "app/node_modules/onnxruntime-common/dist/cjs/package.json",
          "app/node_modules/onnxruntime-common/package.json",
          "app/node_modules/onnxruntime-node/",
          "app/node_modules/onnxruntime-node/bin/",
          "app/node_modules/onnxruntime-node/bin/napi-v6/",
          "app/node_modules/onnxruntime-node/bin/napi-v6/linux/",
          "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/",
          "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1",
          "app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node",
          "app/node_modules/onnxruntime-node/dist/",
          "app/node_modules/onnxruntime-node/dist/binding.js",
          "app/node_modules/onnxruntime-node/dist/index.js",
          "app/node_modules/onnxruntime-node/package.json",
        ],
        [
          "app/",
          "app/models/",
          "app/models/iris/",
          "app/models/iris/v1/",
          "app/models/iris/v1/model.onnx",
        ],
        [
          "app/",
          "app/apis/",
          "app/apis/openapi.json",
          "app/apis/schema.json",
          "app/bento.json",
          "app/bento.yaml",
          "app/src/",
          "app/src/main.js",
          "app/src/package.json",
          "app/src/service.js",
        ],
      ]
    `);
  });

  it("states how it starts, sorted and by absolute paths", async () => {
    const options = await sample({ env: { LANG: "C.UTF-8", NODE_ENV: "staging" } });
    await containerize(options);
    const { config } = await inspectImage(options.layout);
    expect(config).toMatchInlineSnapshot(`
      {
        "architecture": "amd64",
        "config": {
          "Entrypoint": [
            "/usr/local/bin/node",
            "/app/src/main.js",
          ],
          "Env": [
            "HOME=/tmp",
            "LANG=C.UTF-8",
            "NODE_ENV=staging",
            "ORT_DISABLE_TELEMETRY=1",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PORT=3000",
            "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
          ],
          "ExposedPorts": {
            "3000/tcp": {},
          },
          "Labels": {
            "org.bentokit.bento": "iris_classifier",
            "org.bentokit.digest": "sha256:b1ae9d74e8b55e08992faa8e3a9d5ee4949951aa01ee703b6cdb4669c0410344",
            "org.bentokit.node": "/usr/local/bin/node",
            "org.bentokit.version": "abc123",
            "org.opencontainers.image.title": "iris_classifier",
            "org.opencontainers.image.version": "abc123",
          },
          "User": "65532:65532",
          "WorkingDir": "/app",
        },
        "created": "1970-01-01T00:00:00Z",
        "history": [
          {
            "created": "1970-01-01T00:00:00Z",
            "created_by": "bentokit os",
          },
          {
            "created": "1970-01-01T00:00:00Z",
            "created_by": "bentokit natives",
          },
          {
            "created": "1970-01-01T00:00:00Z",
            "created_by": "bentokit model iris:v1",
          },
          {
            "created": "1970-01-01T00:00:00Z",
            "created_by": "bentokit app",
          },
        ],
        "os": "linux",
        "rootfs": {
          "diff_ids": [
            "sha256:d029c703e9fa042c412ed018288ff87d245fabd68b3c6b4d3b19b5503a630c09",
            "sha256:b8019e91b1627fbc5de6d64309727fecf4d960561e65506874567416a0380948",
            "sha256:14f59a4ad315d43ee154b8ab7e50d37da597e313376e35cb4713afd9ba84e286",
            "sha256:e1fd2d1acb3414d6b948c32c8533017c644cf9cfca7ecf3aaf945463821df1b5",
          ],
          "type": "layers",
        },
      }
    `);
  });

  it("writes bento.json and leaves out what the manifest does not list", async () => {
    const options = await sample();
    await containerize(options);
    const paths = (await allPaths(options.layout)).flat();
    expect(paths.filter((path) => /golden|env\/|README|not-in-manifest/.test(path))).toEqual([]);
  });

  it("gives the same digest whatever the clock's zone, umask, folder and the files' modes, owners and times", async () => {
    const first = await containerize(await sample());
    const options = await sample();
    const files = ["src/main.js", "models/iris/v1/model.onnx", "bento.yaml"];
    for (const file of files.map((name) => join(options.bentoDirectory, name))) {
      await chmod(file, 0o777);
      await utimes(file, 1, 2);
      if (process.getuid?.() === 0) {
        await chown(file, 1234, 5678);
      }
    }
    const { TZ } = process.env;
    const umask = process.umask(0o077);
    const directory = process.cwd();
    try {
      process.env["TZ"] = "Pacific/Apia";
      process.chdir(options.bentoDirectory);
      const layout = await createLayout(join(options.layout.directory, "again"));
      expect((await containerize({ ...options, layout })).digest).toBe(first.digest);
    } finally {
      process.chdir(directory);
      process.umask(umask);
      process.env["TZ"] = TZ;
    }
    expect(first.digest).toMatchInlineSnapshot(
      `"sha256:767b46a5804ad4199b78a310d503e582a645d8bb9083d323aaac8872cc3bd42e"`,
    );
  });

  it("changes only the app layer when only the code changes", async () => {
    const before = await containerize(await sample());
    const after = await containerize(await sample({ files: { "src/service.js": "// new\n" } }));
    const digests = (layers: typeof before.layers) => layers.map(({ digest }) => digest);
    expect(digests(after.layers).slice(0, -1)).toEqual(digests(before.layers).slice(0, -1));
    expect(after.layers.at(-1)?.digest).not.toBe(before.layers.at(-1)?.digest);
  });

  it("passes every platform's rules, each layer read back", async () => {
    const options = await sample();
    await containerize(options);
    const { manifest, config, descriptor } = await inspectImage(options.layout);
    const paths = await allPaths(options.layout);
    const { mediaType } = descriptor;
    expect(lintImage({ mediaType, manifest, config, layerPaths: paths })).toEqual([]);
  });

  it("keeps images of several names in one layout", async () => {
    const options = await sample();
    const { digest } = await containerize({ ...options, name: "one" });
    await containerize({ ...options, name: "two" });
    await containerize({ ...options, name: "one" });
    const index = JSON.parse(await readFile(join(options.layout.directory, "index.json"), "utf8"));
    expect(
      index.manifests.map((item: { digest: string; annotations: object }) => [
        item.digest,
        item.annotations,
      ]),
    ).toEqual([
      [digest, { "org.opencontainers.image.ref.name": "one" }],
      [digest, { "org.opencontainers.image.ref.name": "two" }],
    ]);
  });

  it("tells each layer as it begins and ends", async () => {
    const events: ProgressEvent[] = [];
    await containerize({ ...(await sample()), onProgress: (event) => events.push(event) });
    expect(
      events.map((event) => `${event.kind} ${"step" in event ? event.step : event.message}`),
    ).toEqual(
      ["copy base", "build layer natives", "build layer model iris:v1", "build layer app"].flatMap(
        (step) => [`step-start ${step}`, `step-end ${step}`],
      ),
    );
  });

  it("takes each unchanged layer from the cache and packs only the app after a change of code", async () => {
    const options = await sample();
    const { path } = await scratch();
    const stamps = fileStamps(join(path, "stamps"));
    const cache = await openLayerCache({ directory: join(path, "layers"), stamps });
    const details: string[] = [];
    const onProgress = (event: ProgressEvent) => {
      if (event.kind === "step-end" && event.step.startsWith("build layer")) {
        details.push(`${event.step.slice("build layer ".length)}: ${event.detail}`);
      }
    };
    const uncached = await containerize(options);
    const first = await containerize({ ...options, cache });
    const second = await containerize({ ...options, cache, onProgress });
    expect([first, second]).toEqual([uncached, uncached]);
    const bentoDirectory = join(path, "changed");
    const manifest = await writeSampleBento(bentoDirectory, { files: { "src/main.js": "new" } });
    await containerize({ ...options, bentoDirectory, manifest, cache, onProgress });
    expect(details).toMatchInlineSnapshot(`
      [
        "natives: 655 B, unchanged",
        "model iris:v1: 4.1 kB, unchanged",
        "app: 1.1 kB, unchanged",
        "natives: 655 B, unchanged",
        "model iris:v1: 4.1 kB, unchanged",
        "app: 1.1 kB",
      ]
    `);
  });

  it("refuses a file that is not what the manifest says, and leaves no image", async () => {
    const options = await sample();
    const file = join(options.bentoDirectory, "models/iris/v1/model.onnx");
    await writeFile(file, "weights of ibis");
    await expect(containerize(options)).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY", where: file }),
    );
    expect(await options.layout.images()).toEqual([]);
  });

  it("names a file of the bento that is gone", async () => {
    const options = await sample();
    const gone = options.manifest.files
      .slice(0, 1)
      .map((file) => ({ ...file, path: "src/gone.js" }));
    const manifest = { ...options.manifest, files: [...options.manifest.files, ...gone] };
    await expect(containerize({ ...options, manifest })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_IO",
        message: "cannot read a file of the bento",
        where: join(options.bentoDirectory, "src/gone.js"),
      }),
    );
  });

  it("refuses a platform that onnxruntime has no binaries for, naming each file", async () => {
    const options = await sample();
    const folder = join(options.onnxruntimeDirectory, "bin/napi-v6/linux/arm64");
    await rm(folder, { recursive: true });
    await expect(containerize({ ...options, platform: "linux/arm64" })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        where: "onnxruntime-node for linux/arm64",
        message: `not there: ${folder}/libonnxruntime.so.1\nnot there: ${folder}/onnxruntime_binding.node`,
      }),
    );
  });

  it("stops when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(containerize({ ...(await sample()), signal })).rejects.toThrow();
  });
});
