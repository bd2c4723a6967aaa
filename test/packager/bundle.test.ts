import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bundleService } from "../../packager/bundle.ts";
import { bundleToDisk, testProject } from "../support/bundled-service.ts";
import { GREETER } from "../support/cli-projects.ts";
import { failureOf } from "../support/failure.ts";

/** Those that main.js imports, and those that they import. */
function startedFiles(files: ReadonlyMap<string, Uint8Array>): string[] {
  const found = new Set(["main.js"]);
  for (const path of found) {
    const text = Buffer.from(files.get(path) ?? "").toString();
    for (const [, name] of text.matchAll(/(?:from|import) ?"\.\/([^"]+)"/g)) {
      found.add(name ?? "");
    }
  }
  return [...found];
}

describe("bundleService", () => {
  it("writes the same bytes wherever the project lies, and tells nothing of the place", async () => {
    await using one = await testProject({ "service.ts": GREETER });
    await using other = await testProject({ "deep/er/x": "", "service.ts": GREETER });
    const first = await bundleService(one);
    const second = await bundleService(other);
    const isPart = (path: string) => /-[A-Z0-9]{8}\.js(?:\.map)?$/.test(path);
    const paths = [...first.files.keys()];
    expect(paths.filter((path) => !isPart(path)).sort()).toEqual([
      "main.js",
      "onnx-worker.js",
      "onnx-worker.js.map",
      "package.json",
      "service.js",
      "service.js.map",
    ]);
    expect(second.files).toEqual(first.files);
    for (const [path, content] of first.files) {
      const text = Buffer.from(content).toString();
      const places = [one.directory, dirname(import.meta.dirname), process.cwd()];
      expect([path, places.filter((place) => text.includes(place + sep))]).toEqual([path, []]);
    }
  });

  it("imports none of Node's modules whole", async () => {
    await using project = await testProject({ "service.ts": GREETER });
    const { files } = await bundleService(project);
    for (const [path, content] of files) {
      const imported =
        Buffer.from(content)
          .toString()
          .match(/from ?"node:[a-z0-9_/]+"/g) ?? [];
      expect([path, imported.filter((name) => !name.includes("node:module"))]).toEqual([path, []]);
    }
  });

  it("keeps what is not needed to answer calls out of what is loaded at start", async () => {
    await using project = await testProject({ "service.ts": GREETER });
    const { files } = await bundleService(project);
    const seldom = [...files].flatMap(([path, content]) =>
      /openapi: ?"3|<!doctype/.test(Buffer.from(content).toString()) ? [path] : [],
    );
    expect(seldom.length).toBeGreaterThan(0);
    expect(startedFiles(files).filter((path) => seldom.includes(path))).toEqual([]);
  });

  it("answers a first call without loading Node's fetch", async () => {
    await using project = await testProject({ "service.ts": GREETER });
    const file = await bundleToDisk(project);
    const runtime = {
      name: "greeter",
      version: "v1",
      digest: `sha256:${"0".repeat(64)}`,
      models: {},
    };
    await writeFile(join(dirname(file), "..", "bento.json"), JSON.stringify(runtime));
    const asks = `
      const { request } = process.getBuiltinModule("node:http");
      const { start } = await import(${JSON.stringify(file)});
      const http = process.getBuiltinModule("node:http");
      const listening = new Promise((resolve) => {
        const { listen } = http.Server.prototype;
        http.Server.prototype.listen = function (...given) {
          return listen.apply(this, given).once("listening", () => resolve(this.address().port));
        };
      });
      await start();
      const headers = { "content-type": "application/json" };
      const options = { port: await listening, path: "/greet", method: "POST", headers };
      request(options, async (answer) => {
        let text = "";
        for await (const chunk of answer) text += chunk;
        const loaded = process.moduleLoadList.filter((name) => /undici|crypto\\b|fs.promises/.test(name));
        console.log(JSON.stringify({ text, loaded }));
        process.exit();
      }).end('{"name":"Ada"}');`;
    const environment = { PATH: process.env["PATH"], PORT: "0", LOG_LEVEL: "silent" };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", asks],
      { env: environment },
    );
    expect(JSON.parse(stdout)).toEqual({ text: '"hello Ada"', loaded: [] });
  });

  it("leaves a user's own imports of Node whole", async () => {
    const source = `import { Agent } from "node:http";\nconsole.log(Agent);\n${GREETER}`;
    await using project = await testProject({ "service.ts": source });
    const { files } = await bundleService(project);
    const text = Buffer.from(files.get("service.js") ?? "").toString();
    expect(text.match(/from ?"node:http2?"/g)).toEqual(['from"node:http"']);
  });

  it("names sources in its map as the project, bentokit and packages do", async () => {
    await using project = await testProject({
      "service.ts": `import "./lib/x.ts";\n${GREETER}`,
      "lib/x.ts": "console.log(1);",
    });
    const { files } = await bundleService(project);
    const maps = [...files].filter(([path]) => path.endsWith(".map"));
    const parsed = maps.map(([, content]) => JSON.parse(Buffer.from(content).toString()));
    const sources: string[] = parsed.flatMap((map) => map.sources);
    const tops = new Set(sources.map((source) => source.split("/")[0] ?? ""));
    expect([...tops].sort()).toEqual([
      ".bento-bundle",
      "bentokit",
      "lib",
      "node_modules",
      "service.ts",
    ]);
    expect(parsed.filter((map) => map.sourcesContent !== undefined)).toEqual([]);
  });

  it("keeps the handler in files that another service's code leaves as they are", async () => {
    await using one = await testProject({ "service.ts": GREETER });
    await using two = await testProject({
      "service.ts": GREETER.replace("hello $", "good day, dear $"),
    });
    const before = await bundleService(one);
    const after = await bundleService(two);
    const changed = [...after.files].filter(
      ([path, content]) =>
        !before.files.has(path) ||
        !Buffer.from(content).equals(before.files.get(path) ?? Buffer.alloc(0)),
    );
    expect(changed.map(([path]) => path).sort()).toEqual(["service.js", "service.js.map"]);
    const bytes = changed.reduce((sum, [, content]) => sum + content.length, 0);
    expect(bytes).toBeLessThan(10_000);
  });

  it("lists what went in: sources for watching, packages with their versions", async () => {
    await using project = await testProject({
      "service.ts": `import "./lib/x.ts";\n${GREETER}`,
      "lib/x.ts": "console.log(1);",
    });
    const { inputs, packages } = await bundleService(project);
    expect(inputs.filter((input) => input.startsWith(project.directory))).toEqual([
      join(project.directory, "lib/x.ts"),
      join(project.directory, "service.ts"),
    ]);
    expect(Object.keys(packages)).toEqual(expect.arrayContaining(["hono", "zod"]));
    expect(Object.keys(packages)).toEqual(Object.keys(packages).toSorted());
  });

  it("takes zod from the project where it has one, and only that one", async () => {
    await using project = await testProject({
      "service.ts": `import { zodIs } from "zod";\nexport default zodIs;\n`,
      "node_modules/zod/package.json":
        '{"name":"zod","version":"4.99.0","type":"module","exports":"./index.js"}',
      "node_modules/zod/index.js": "export const zodIs = 'ours';",
    });
    expect((await bundleService(project)).packages["zod"]).toBe("4.99.0");
  });

  it("lists the packages inside with what they say of their licence", async () => {
    await using project = await testProject({
      "service.ts": `import "one";\nimport "two";\n`,
      "node_modules/one/package.json":
        '{"name":"one","version":"1.0.0","license":"MIT","exports":"./index.js"}',
      "node_modules/one/index.js": "globalThis.one = 1;",
      "node_modules/two/package.json":
        '{"name":"two","version":"2.0.0","license":{"type":"ISC"},"exports":"./index.js"}',
      "node_modules/two/index.js": 'import "one"; globalThis.two = 2;',
      "node_modules/two/node_modules/one/package.json":
        '{"name":"one","version":"0.9.0","exports":"./index.js"}',
      "node_modules/two/node_modules/one/index.js": "globalThis.one = 0;",
    });
    const { components } = await bundleService(project);
    expect(components.filter(({ name }) => name === "one" || name === "two")).toEqual([
      { name: "one", version: "0.9.0" },
      { name: "one", version: "1.0.0", license: "MIT" },
      { name: "two", version: "2.0.0", license: "ISC" },
    ]);
  });

  it("tells every error at its place, once", async () => {
    await using project = await testProject({
      "service.ts": 'import "a-package";\nimport "./b.ts";\nimport "bentokit/deploy";\n',
    });
    expect(await failureOf(() => bundleService(project))).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message: [
        'service.ts:1:8: Could not resolve "a-package"',
        'service.ts:2:8: Could not resolve "./b.ts"',
        'service.ts:3:8: bentokit/deploy cannot be imported by a service: only "bentokit" ships in the image',
      ].join("\n"),
      where: "service.ts",
      hint: "mend the lines named above; packages that the service imports must be installed in the project",
    });
  });

  it("says that native code is not packed", async () => {
    await using project = await testProject({
      "service.ts": 'import "./addon.node";\n',
      "addon.node": "",
    });
    expect(await failureOf(() => bundleService(project))).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message: 'service.ts:1:8: No loader is configured for ".node" files: addon.node',
      where: "service.ts",
      hint: "packages with native code are not packed yet, but for onnxruntime-node: use one that is JavaScript or WebAssembly alone",
    });
  });
});
