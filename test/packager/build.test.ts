import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../core/progress.ts";
import { type BuildOptions, buildBento } from "../../packager/build.ts";
import { stageService } from "../../packager/stage-service.ts";
import { type TestProject, testProject } from "../support/bundled-service.ts";
import { GREETER } from "../support/cli-projects.ts";
import { failureOf } from "../support/failure.ts";
import { localTestStore } from "../support/stores.ts";

function surroundings(project: TestProject): BuildOptions {
  const home = join(project.directory, "home");
  return { store: localTestStore(home), workDirectory: join(home, "tmp") };
}

describe("buildBento", () => {
  it("makes a bento of the bundle, the included files, the descriptions and golden requests", async () => {
    await using project = await testProject({
      "service.ts": GREETER,
      "bentofile.yaml":
        'name: hello\ndescription: Hi.\nlabels: {team: a}\nenvs: [B, A, B]\ninclude: ["labels/*"]\ndocker: {env: {X: "1"}}\n',
      "labels/en.txt": "hello",
      "golden/greet.jsonl": '{"input": {"name": "a"}, "output": "hello a"}\n',
    });
    const options = surroundings(project);
    const events: ProgressEvent[] = [];
    const built = await buildBento(project, {
      ...options,
      onProgress: (event) => events.push(event),
    });
    const { files, version, runtime, ...manifest } = built.manifest;
    expect(manifest).toEqual({
      schema: 1,
      name: "hello",
      description: "Hi.",
      labels: { team: "a" },
      service: "greeter",
      apis: [{ name: "greet", kind: "api", description: "Greets." }],
      models: [],
      resources: {},
      traffic: {},
      env: ["A", "B"],
      docker: { env: { X: "1" } },
    });
    expect([version, runtime.node]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), "24"]);
    const isPart = (path: string) => /^src\/.*-[A-Z0-9]{8}\.js(?:\.map)?$/.test(path);
    expect(files.map((file) => file.path).filter((path) => !isPart(path))).toEqual([
      "README.md",
      "apis/openapi.json",
      "apis/schema.json",
      "env/Dockerfile",
      "env/components.json",
      "env/node-version",
      "env/packages.json",
      "golden/greet.jsonl",
      "src/labels/en.txt",
      "src/main.js",
      "src/onnx-worker.js",
      "src/onnx-worker.js.map",
      "src/package.json",
      "src/service.js",
      "src/service.js.map",
    ]);
    expect(
      events.map((event) => ("step" in event ? `${event.kind} ${event.step}` : event.kind)),
    ).toEqual([
      ...["step-start bundle", "step-end bundle", "step-start describe", "step-end describe"],
      ...["step-start store", "step-end store"],
    ]);
    expect(await readdir(options.workDirectory)).toEqual([]);
    expect(await buildBento(project, options)).toEqual({ ...built, state: "exists" });
  });

  it("takes the project's own README", async () => {
    await using project = await testProject({ "service.ts": GREETER, "README.md": "# Mine\n" });
    const { manifest } = await buildBento(project, surroundings(project));
    expect(manifest.files.find((file) => file.path === "README.md")?.size).toBe(7);
  });

  it("leaves nothing where it fails, and registers nothing", async () => {
    await using project = await testProject({ "service.ts": "for (;;);" });
    const options = surroundings(project);
    expect(
      (await failureOf(() => buildBento(project, { ...options, loadLimitMs: 300 }))).message,
    ).toBe("the service did not load in 300 ms");
    expect(await readdir(options.workDirectory)).toEqual([]);
    expect(await Array.fromAsync(options.store.bentos.list())).toEqual([]);
  });

  it("stops when its signal is aborted, and leaves nothing", async () => {
    await using project = await testProject({ "service.ts": "for (;;);" });
    const options = surroundings(project);
    const controller = new AbortController();
    const reason = new Error("stopped");
    const building = buildBento(project, {
      ...options,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.kind === "step-start" && event.step === "describe") {
          controller.abort(reason);
        }
      },
    });
    await expect(building).rejects.toBe(reason);
    expect(await readdir(options.workDirectory)).toEqual([]);
  });
});

describe("stageService", () => {
  it("makes a folder that runs, and removes it", async () => {
    await using project = await testProject({
      "service.ts": GREETER,
      "bentofile.yaml": 'include: ["labels/*"]',
      "labels/en.txt": "hello",
    });
    const { store, workDirectory } = surroundings(project);
    const options = { store, workDirectory, cacheRoot: join(project.directory, "cache") };
    {
      await using staged = await stageService(project, options);
      expect(staged.name).toBe("greeter");
      expect((await readdir(staged.directory)).sort()).toEqual(["bento.json", "src"]);
      expect(await readdir(join(staged.directory, "src", "labels"))).toEqual(["en.txt"]);
    }
    expect(await readdir(workDirectory)).toEqual([]);
  });

  it("leaves nothing where it fails", async () => {
    await using project = await testProject({ "service.ts": "throw new Error('no');" });
    const { store, workDirectory } = surroundings(project);
    const options = { store, workDirectory, cacheRoot: join(project.directory, "cache") };
    expect((await failureOf(() => stageService(project, options))).where).toBe("service.ts:1:7");
    expect(await readdir(workDirectory)).toEqual([]);
  });

  it("refuses an include over the files that the bundle has", async () => {
    await using project = await testProject({
      "service.ts": GREETER,
      "bentofile.yaml": "include: [main.js]",
      "main.js": "",
    });
    const { store, workDirectory } = surroundings(project);
    const options = { store, workDirectory, cacheRoot: join(project.directory, "cache") };
    expect((await failureOf(() => stageService(project, options))).message).toBe(
      'include: "main.js" is the name of a file that the build writes',
    );
  });
});
