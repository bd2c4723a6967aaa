/**
 * Looking after built bentos from the command line.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { BentoManifest } from "../../core/bento-manifest.ts";
import { type TestCli, testCli } from "../support/cli.ts";
import { writeGreeter } from "../support/cli-projects.ts";

let cli: TestCli;
/** Exact tags, oldest first. */
let tags: string[];

const Listed = z.strictObject({
  tag: z.string(),
  manifest: BentoManifest,
  digest: z.string(),
  registeredAt: z.string(),
});
const List = z.array(Listed);

beforeAll(async () => {
  cli = await testCli();
  for (const team of ["a", "b"]) {
    await writeGreeter(cli, { "bentofile.yaml": `labels: {team: ${team}}\nenvs: [TOKEN]\n` });
    await cli.must("build");
  }
  tags = List.parse(await cli.document("list --json"))
    .map(({ tag }) => tag)
    .reverse();
});

afterAll(() => cli[Symbol.asyncDispose]());

describe("bento list", () => {
  it("shows bentos, newest first", async () => {
    expect((await cli.seen("list")).replaceAll(/\d+ kB/g, "SIZE")).toMatchInlineSnapshot(`
      "exit 0
      | TAG                       SIZE    MODEL SIZE  MODELS  BUILT (UTC)
      | greeter:VERSION  SIZE  0 B                 TIME
      | greeter:VERSION  SIZE  0 B                 TIME
      "
    `);
    expect((await cli.bento("list greeter -o tag")).out).toBe("greeter:VERSION\ngreeter:VERSION\n");
  });

  it("prints one document, in JSON as in YAML", async () => {
    const listed = List.parse(await cli.document("list greeter --json"));
    expect(listed.map(({ manifest }) => manifest.labels)).toEqual([{ team: "b" }, { team: "a" }]);
    expect(await cli.document("list -o json")).toEqual(listed);
  });

  it("names what there is for a name that nothing has", async () => {
    expect(await cli.seen("list gretter")).toMatchInlineSnapshot(`
      "exit 3
      error: no bento is called gretter
        at: file://HOME
        do: did you mean greeter? bentos here: greeter
      "
    `);
  });

  it("says how to begin where there are none", async () => {
    await using empty = await testCli();
    expect(await empty.seen("list")).toMatchInlineSnapshot(`
      "exit 0
      | TAG  SIZE  MODEL SIZE  MODELS  BUILT (UTC)
      no bentos yet: bento build makes one from service.ts
      "
    `);
  });
});

describe("bento get", () => {
  it("shows apis, needs, labels and files", async () => {
    const seen = await cli.seen("get greeter");
    const isPart = /^\|\s+src\/\S+-[A-Z0-9]{8}\.js(\.map)? .*\n/gm;
    const shown = seen.replaceAll(isPart, "").replaceAll(/\d+(\.\d)? k?B$/gm, "SIZE");
    expect(shown).toMatchInlineSnapshot(`
      "exit 0
      | tag       greeter:VERSION
      | digest    sha256:DIGEST
      | apis      POST /greet  Greets.
      | needs     TOKEN
      | runtime   bentokit 0.1.0, Node 24, onnxruntime 1.30.0
      | labels    team=b
      | files     README.md  SIZE
      |           apis/openapi.json  SIZE
      |           apis/schema.json  SIZE
      |           env/Dockerfile  SIZE
      |           env/components.json  SIZE
      |           env/node-version  SIZE
      |           env/packages.json  SIZE
      |           src/main.js  SIZE
      |           src/onnx-worker.js  SIZE
      |           src/onnx-worker.js.map  SIZE
      |           src/package.json  SIZE
      |           src/service.js  SIZE
      |           src/service.js.map  SIZE
      | built     TIME
      "
    `);
  });

  it("prints the document, the tag and a folder", async () => {
    const [first = ""] = tags;
    const { tag, manifest } = Listed.parse(await cli.document(`get ${first} --json`));
    expect([tag, manifest.labels]).toEqual([first, { team: "a" }]);
    expect(z.object({ tag: z.string() }).parse(await cli.document(`get greeter -o json`)).tag).toBe(
      tags[1],
    );
    const folder = (await cli.raw(`get ${first} -o path`)).trim();
    expect((await readdir(folder)).sort()).toEqual([
      "README.md",
      "apis",
      "bento.json",
      "bento.yaml",
      "env",
      "src",
    ]);
  });

  it("finds a version by its start", async () => {
    const [first = ""] = tags;
    const short = first.slice(0, "greeter:".length + 6);
    expect((await cli.bento(`get ${short} -o tag`)).exitCode).toBe(0);
    expect((await cli.bento(`delete ${short} --yes`)).exitCode).toBe(3);
  });

  it("names what there is for what it does not find", async () => {
    expect(await cli.seen("get greeter:v1")).toMatchInlineSnapshot(`
      "exit 3
      error: bento greeter has no version or alias v1
        at: file://HOME
        do: versions here: VERSION, VERSION
      "
    `);
    expect(await cli.seen("get greter")).toMatchInlineSnapshot(`
      "exit 3
      error: no bento is called greter
        at: file://HOME
        do: did you mean greeter? bentos here: greeter
      "
    `);
  });
});

describe("bento export and bento import", () => {
  it("carry a bento to another store, the same bytes every time", async () => {
    const [first = ""] = tags;
    expect((await cli.bento(`export ${first}`)).out).toBe("WORK/greeter-VERSION.bento\n");
    const { file } = z
      .object({ file: z.string() })
      .parse(await cli.document(`export ${first} again.bento --json`));
    const named = join(cli.work, `${first.replace(":", "-")}.bento`);
    expect(await readFile(named)).toEqual(await readFile(file));
    await using other = await testCli();
    expect(await other.seen(`import ${file}`)).toBe("exit 0\n| greeter:VERSION\n");
    expect((await other.bento(`import ${file}`)).err).toBe(
      "greeter:VERSION was there already; it is latest now\n",
    );
    expect(await other.document(`import ${file} --json`)).toEqual({ tag: first, state: "exists" });
    expect((await other.bento(`export greeter ${file}.again`)).exitCode).toBe(0);
    expect(await readFile(`${file}.again`)).toEqual(await readFile(file));
  });

  it("tell what is no archive", async () => {
    await cli.write("text.bento", "hello");
    await cli.bento("export greeter whole.bento");
    const whole = await readFile(join(cli.work, "whole.bento"));
    await cli.write("cut.bento", whole.subarray(0, 20_000));
    await cli.write("noise.bento", gzipSync(Buffer.alloc(1024, "x")));
    await cli.write("empty.bento", gzipSync(Buffer.alloc(1024)));
    const answers = [];
    for (const file of [
      "none.bento",
      "text.bento",
      "cut.bento",
      "noise.bento",
      "empty.bento",
      ".",
    ]) {
      answers.push(`${file} → ${await cli.seen(`import ${file}`)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "none.bento → exit 3
      error: no such file: WORK/none.bento
        at: WORK/none.bento
        do: check the path

      text.bento → exit 2
      error: text.bento is not a .bento archive: it is no whole archive
        at: WORK/text.bento
        do: make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here

      cut.bento → exit 2
      error: cut.bento is not a .bento archive: it is no whole archive
        at: WORK/cut.bento
        do: make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here

      noise.bento → exit 2
      error: noise.bento is not a .bento archive: it is no whole archive
        at: WORK/noise.bento
        do: make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here

      empty.bento → exit 2
      error: empty.bento is not a .bento archive: it has no bento.yaml
        at: WORK/empty.bento
        do: make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here

      . → exit 2
      error: work is not a .bento archive: it is a folder
        at: WORK
        do: make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here
      "
    `);
  });

  it("tell a place that cannot be written", async () => {
    expect(await cli.seen("export greeter no/such/folder/x.bento")).toMatchInlineSnapshot(`
      "exit 5
      error: cannot write WORK/no/such/folder/x.bento: no such file or folder
        at: WORK/no/such/folder/x.bento
        do: check the path
      "
    `);
    expect(await cli.seen("export greeter .")).toMatchInlineSnapshot(`
      "exit 2
      error: the file exists: WORK
        at: WORK
        do: name another one: nothing is overwritten
      "
    `);
  });
});

describe("bento delete", () => {
  it("needs a version, and a yes", async () => {
    const [first = ""] = tags;
    expect(await cli.seen("delete greeter")).toMatchInlineSnapshot(`
      "exit 2
      error: which version of greeter? a bare name deletes nothing
        do: bento list greeter shows them; then bento delete greeter:VERSION
      "
    `);
    expect(await cli.seen(`delete ${first}`)).toMatchInlineSnapshot(`
      "exit 2
      error: delete greeter:VERSION? nobody can be asked here
        do: add --yes to go on without asking
      "
    `);
    expect(await cli.seen(`delete ${first}`, { answers: ["n"] })).toMatchInlineSnapshot(`
      "exit 130
      delete greeter:VERSION? [y/N]
      error: stopped: nothing was changed
      "
    `);
    expect(await cli.seen("delete greeter:v9 --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: bento greeter has no version or alias v9
        at: file://HOME
        do: versions here: VERSION, VERSION
      "
    `);
    expect(await cli.seen("delete nothing:v9 --yes")).toMatchInlineSnapshot(`
      "exit 3
      error: no bento is called nothing
        at: file://HOME
        do: bentos here: greeter
      "
    `);
    expect((await cli.bento("list -o tag")).out).toBe("greeter:VERSION\ngreeter:VERSION\n");
  });

  it("deletes", async () => {
    const [first = ""] = tags;
    expect(await cli.document(`delete ${first} --yes --json`)).toEqual({ deleted: [first] });
    expect((await cli.bento("list -o tag")).out).toBe("greeter:VERSION\n");
  });
});
