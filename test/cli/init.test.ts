import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readVersion } from "../../cli/version.ts";
import { testCli } from "../support/cli.ts";

const readJson = async (file: string) => JSON.parse(await readFile(file, "utf8"));

describe("bento init", () => {
  it("makes a project in a new folder, called after it, and says how to go on", async () => {
    await using cli = await testCli();
    expect(await cli.seen("init My-Iris.v2")).toMatchInlineSnapshot(`
      "exit 0
      | WORK/My-Iris.v2
      wrote .gitignore, README.md, bentofile.yaml, golden, model.onnx, package.json, service.test.ts, service.ts, tsconfig.json
      next:
        cd My-Iris.v2
        ONNXRUNTIME_NODE_INSTALL=skip npm install
        npx bento serve --reload
        npm test
      "
    `);
    const manifest = await readJson(join(cli.work, "My-Iris.v2/package.json"));
    expect(manifest).toMatchObject({
      name: "my-iris.v2",
      type: "module",
      dependencies: { bentokit: `^${readVersion()}`, zod: expect.any(String) },
    });
    expect(await readFile(join(cli.work, "My-Iris.v2/service.ts"), "utf8")).toContain(
      'name: "my-iris.v2"',
    );
  });

  it("builds at once", async () => {
    await using cli = await testCli();
    await cli.bento("init iris");
    expect((await cli.bento("build iris -o tag")).out).toBe("iris:VERSION\n");
  });

  it("prints one document under --json", async () => {
    await using cli = await testCli();
    expect(await cli.document("init --json")).toEqual({
      directory: cli.work,
      written: (await readdir(cli.work)).sort(),
    });
  });

  it("keeps what a project has, and completes its package.json", async () => {
    await using cli = await testCli();
    const mine = {
      "package.json":
        '{"name": "mine", "scripts": {"build": "tsc"}, "dependencies": {"zod": "4.6.1"}}',
      "README.md": "# mine\n",
      "notes.txt": "",
    };
    for (const [path, content] of Object.entries(mine)) {
      await cli.write(path, content);
    }
    expect((await cli.bento("init")).exitCode).toBe(0);
    expect(await readJson(join(cli.work, "package.json"))).toMatchObject({
      name: "mine",
      scripts: { build: "tsc" },
      dependencies: { bentokit: `^${readVersion()}`, zod: "4.6.1" },
    });
    expect(await readFile(join(cli.work, "README.md"), "utf8")).toBe("# mine\n");
  });

  it("overwrites nothing, and writes nothing where it would", async () => {
    await using cli = await testCli();
    await cli.write("service.ts", "mine");
    await cli.write("golden/x.jsonl", "");
    expect(await cli.seen("init")).toMatchInlineSnapshot(`
      "exit 4
      error: would overwrite golden, service.ts
        at: WORK
        do: choose an empty folder: bento init my-service
      "
    `);
    expect((await readdir(cli.work)).sort()).toEqual(["golden", "service.ts"]);
    expect(await readFile(join(cli.work, "service.ts"), "utf8")).toBe("mine");
  });

  it("refuses a second time", async () => {
    await using cli = await testCli();
    await cli.bento("init iris");
    expect(await cli.seen("init iris")).toMatchInlineSnapshot(`
      "exit 4
      error: would overwrite bentofile.yaml, golden, model.onnx, service.test.ts, service.ts
        at: WORK/iris
        do: choose an empty folder: bento init my-service
      "
    `);
  });

  it.each(["{", "[]", '"x"'])("writes nothing beside a package.json of %j", async (text) => {
    await using cli = await testCli();
    await cli.write("package.json", text);
    expect(await cli.seen("init")).toBe(
      "exit 2\nerror: package.json is not a JSON object\n  at: WORK/package.json\n  do: mend or remove it\n",
    );
    expect(await readdir(cli.work)).toEqual(["package.json"]);
  });

  it("tells a file in its place", async () => {
    await using cli = await testCli();
    await cli.write("iris", "");
    expect(await cli.seen("init iris")).toMatchInlineSnapshot(`
      "exit 4
      error: a project is a folder, and this is a file
        at: WORK/iris
        do: choose another name: bento init my-service
      "
    `);
    expect(await cli.seen("init iris/deeper")).toMatchInlineSnapshot(`
      "exit 4
      error: a project is a folder, and this is a file
        at: WORK/iris/deeper
        do: choose another name: bento init my-service
      "
    `);
  });

  it.each([
    ["---", "my_service"],
    ["Ünïcode model!", "n_code_model"],
    ["x".repeat(80), "x".repeat(63)],
    [`${"x".repeat(62)}-y`, "x".repeat(62)],
  ])("makes a name that is one of the folder %j", async (folder, name) => {
    await using cli = await testCli();
    expect((await cli.run(["init", "--json", `./${folder}`])).exitCode).toBe(0);
    expect((await readJson(join(cli.work, folder, "package.json"))).name).toBe(name);
  });
});
