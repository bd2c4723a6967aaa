/**
 * Serving from the command line: what it says, what it refuses, and that nothing stays behind.
 */
import { cp, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TestCli, testCli } from "../support/cli.ts";
import { isAlive, serversOf, startCli } from "../support/cli-process.ts";
import { GREETER, writeGreeter } from "../support/cli-projects.ts";

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;

const greet = async (url: string, name = "a") => {
  const response = await fetch(`${url}/greet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return [response.status, await response.json()];
};

/** What is left of a stopped server: staged folders. */
const leftovers = async (cli: TestCli) => readdir(join(cli.home, "tmp")).catch(() => []);

describe("bento serve", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "serves a project from its sources until %s, and leaves no process and no folder",
    async (signal) => {
      await using cli = await testCli();
      await writeGreeter(cli);
      await using bento = startCli(cli, ["serve", "-p", "0"]);
      const [url] = await bento.said(ADDRESS);
      expect(await greet(url)).toEqual([200, "hello a"]);
      const servers = await serversOf(bento.child.pid ?? 0);
      expect([servers.length, await leftovers(cli)]).toEqual([
        1,
        [expect.stringMatching(/^serve-/)],
      ]);
      bento.child.kill(signal);
      expect(await bento.ended).toEqual([0, null]);
      expect([servers.filter(isAlive), await leftovers(cli)]).toEqual([[], []]);
    },
  );

  it("serves a built bento, which needs no sources", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    await cli.must("build");
    await cli.write("service.ts", "this is no source");
    await cli.write("greeter/a folder of the same name", "");
    await using bento = startCli(cli, ["serve", "greeter:latest", "-p", "0"]);
    const [url] = await bento.said(ADDRESS);
    expect(await greet(url)).toEqual([200, "hello a"]);
    bento.child.kill("SIGTERM");
    expect(await bento.ended).toEqual([0, null]);
  });

  it("serves a model that runs in a thread of its own", async () => {
    await using cli = await testCli();
    const template = new URL("../../fixtures/template/", import.meta.url);
    const source = await readFile(new URL("service.ts", template), "utf8");
    await cp(new URL("model.onnx", template), join(cli.work, "model.onnx"));
    await cli.write(
      "service.ts",
      source.replace('"./model.onnx"', '"./model.onnx", { threads: 1 }'),
    );
    await using bento = startCli(cli, ["serve", "-p", "0"]);
    const [url] = await bento.said(ADDRESS);
    const features = [{ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }];
    const response = await fetch(`${url}/classify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ features }),
    });
    expect([response.status, await response.json()]).toEqual([200, ["setosa"]]);
    bento.child.kill("SIGTERM");
    expect(await bento.ended).toEqual([0, null]);
  });

  it("serves another source after it changed, and the old one while the new one is bad", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    await using bento = startCli(cli, ["serve", "--reload", "-p", "0"]);
    const [url] = await bento.said(ADDRESS);
    await cli.write("service.ts", "throw new Error('oops');\n");
    await bento.said("the service that ran before goes on");
    expect(await greet(url)).toEqual([200, "hello a"]);
    await cli.write("service.ts", GREETER.replace("hello", "goodbye"));
    const [, later = ""] = await bento.said(/reloaded[\s\S]*?(http:\/\/127\.0\.0\.1:\d+)/);
    expect(await greet(later)).toEqual([200, "goodbye a"]);
    const servers = await serversOf(bento.child.pid ?? 0);
    bento.child.kill("SIGINT");
    expect(await bento.ended).toEqual([0, null]);
    expect([servers.length, servers.filter(isAlive), await leftovers(cli)]).toEqual([1, [], []]);
  });

  it("exits 5 and says who to ask when the port is in use, and leaves nothing", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    const other = createServer().listen(0, "127.0.0.1");
    try {
      await new Promise((done) => other.once("listening", done));
      const { port } = other.address() as AddressInfo;
      const seen = await cli.seen(`serve -p ${port}`);
      expect(seen.replaceAll(String(port), "PORT")).toMatchInlineSnapshot(`
        "exit 5
        error: port PORT is in use by another process
          at: 127.0.0.1:PORT
          do: find it with: lsof -i :PORT, or take another port with --port or PORT
        "
      `);
      expect(await leftovers(cli)).toEqual([]);
    } finally {
      other.close();
    }
  });

  it("refuses what it cannot serve", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    const lines = [
      "serve --production",
      "serve none",
      "serve greeter:v1",
      "serve Service.ts",
      "serve ./sub",
    ];
    const answers = [];
    for (const line of lines) {
      answers.push(`${line} → ${await cli.seen(line)}`);
    }
    expect(answers.join("\n")).toMatchInlineSnapshot(`
      "serve --production → exit 2
      error: --production serves built bentos only
        at: .
        do: bento build, then bento serve NAME:VERSION --production

      serve none → exit 3
      error: no bento is called none
        at: file://HOME
        do: the store has no bentos yet

      serve greeter:v1 → exit 3
      error: no bento is called greeter
        at: file://HOME
        do: the store has no bentos yet

      serve Service.ts → exit 3
      error: no such file or folder: "Service.ts"
        at: WORK
        do: did you mean service.ts?

      serve ./sub → exit 3
      error: no such file or folder: "./sub"
        at: WORK
        do: name a folder with a service.ts, or the service file itself; bento init DIR makes one
      "
    `);
  });

  it("says what a service throws at start, with the exit code of a bad service", async () => {
    await using cli = await testCli();
    await writeGreeter(cli, {
      "service.ts": GREETER.replace(
        'name: "greeter",',
        'name: "greeter",\n  onStart() { throw new Error("no weights"); },',
      ),
    });
    const seen = await cli.seen("serve -p 0");
    const ours = /^ +at .*\b(bentokit\/|main\.js).*\n/gm;
    expect(seen.replaceAll(ours, "")).toMatchInlineSnapshot(`
      "exit 2
      error: Error: no weights
          at Object.onStart (service.ts:6:21)
      "
    `);
    expect(await leftovers(cli)).toEqual([]);
  });

  it("leaves no server behind when it is killed itself", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    await using bento = startCli(cli, ["serve", "-p", "0"]);
    const [url] = await bento.said(ADDRESS);
    bento.child.kill("SIGKILL");
    // whoever serves there has its stdout, so that the end of both streams is the end of both
    expect(await bento.ended).toEqual([null, "SIGKILL"]);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("tells a server that was killed by another", async () => {
    await using cli = await testCli();
    await writeGreeter(cli);
    await using bento = startCli(cli, ["serve", "-p", "0"]);
    await bento.said(ADDRESS);
    const [server = 0] = await serversOf(bento.child.pid ?? 0);
    process.kill(server, "SIGKILL");
    expect(await bento.ended).toEqual([5, null]);
    expect(bento.err).toContain("error: the server was ended by SIGKILL\n");
    expect(await leftovers(cli)).toEqual([]);
  });
});
