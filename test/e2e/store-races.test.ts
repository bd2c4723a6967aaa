/**
 * What must hold when many processes use one store at once: on this disk and on S3.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";
import { MAIN } from "../support/cli-process.ts";
import { onnxFile } from "../support/onnx-file.ts";
import {
  ANY_S3_SERVER,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../support/s3-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

function model(seed: number): Buffer {
  return onnxFile({ producer: `test ${seed}` });
}

const ROOT = join(import.meta.dirname, "../..");

interface Place {
  readonly url: string;
  readonly home: string;
  readonly folder: string;
}

interface Ended {
  readonly code: number | string;
  readonly err: string;
}

/** Runs `bento models …` in a process of its own. */
function bento({ url, home, folder }: Place, ...argv: readonly string[]): Promise<Ended> {
  const env = { ...process.env, ...S3_CREDENTIALS, BENTO_STORE: url, BENTO_HOME: home };
  return run([MAIN, "models", ...argv], folder, env);
}

function run(
  argv: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const flags = ["--conditions=bentokit-source", "--no-warnings", "--input-type=module"];
  const used = argv[0] === "-e" ? flags : flags.slice(0, 2);
  return new Promise((resolve) => {
    execFile(process.execPath, [...used, ...argv], { cwd, env }, (error, _, err) =>
      resolve({ code: error?.code ?? 0, err }),
    );
  });
}

const open = ({ url, home }: Place): Store => openStore({ url, home, checkLoad: async () => {} });

const stores = [
  { name: "a folder", server: undefined },
  { name: "S3", server: ANY_S3_SERVER },
] as const;

describe.each(stores)("a store in $name", ({ server: program }) => {
  describe.skipIf(program !== undefined && skipWithout(program))("used by many processes", () => {
    let server: S3Server | undefined;
    let count = 0;

    beforeAll(async () => {
      Object.assign(process.env, S3_CREDENTIALS);
      server = program && (await startS3Server(program));
    });
    afterAll(async () => server?.[Symbol.asyncDispose]());

    const place = async (folder: string): Promise<Place> => {
      count += 1;
      return {
        url: (await server?.store("models", `races-${count}`)) ?? join(folder, "store"),
        home: join(folder, "home"),
        folder,
      };
    };

    it("lets one of 50 imports of one version win, and tells 49 that they conflict", async () => {
      await using dir = await tempDir();
      const at = await place(dir.path);
      const imports = Array.from({ length: 50 }, async (_, index) => {
        await writeFile(join(dir.path, `${index}.onnx`), model(index));
        return bento(at, "import", `${index}.onnx`, "--name", "m", "--version", "v1");
      });
      const codes = (await Promise.all(imports)).map(({ code }) => code);
      expect(codes.filter((code) => code === 0).length).toBe(1);
      expect(codes.filter((code) => code === 4).length).toBe(49);
      await using store = open(at);
      expect(await store.verify()).toMatchObject({ versions: 1, damaged: [] });
      const winner = codes.indexOf(0);
      expect(
        (await bento(at, "import", `${winner}.onnx`, "--name", "m", "--version", "v1")).code,
      ).toBe(0);
    }, 240_000);

    it("loses none of 20 promotions, each told what it expected", async () => {
      await using dir = await tempDir();
      const at = await place(dir.path);
      const versions = Array.from({ length: 20 }, (_, index) => `v${index}`);
      await using store = open(at);
      for (const [index, version] of versions.entries()) {
        await store.models.save(model(index), { name: "m", version });
      }
      await store.models.setAlias({ name: "m", version: "v0" }, "production");
      // each tries until what it expects holds, as a job would that looks again
      const script = `
        import { openStore } from "./model-store/open-store.ts";
        const [version, url, home] = process.argv.slice(1);
        await using store = openStore({ url, home });
        const production = { name: "m", version: "production" };
        for (let isDone = false; !isDone; ) {
          const { version: expect } = await store.models.resolve(production);
          const promoted = store.models.promote({ name: "m", version }, { to: "production", expect });
          isDone = await promoted.then(() => true, (error) => {
            if (error.code !== "BENTO_CONFLICT") throw error;
            return false;
          });
        }`;
      const codes = await Promise.all(
        versions.slice(1).map((version) => run(["-e", script, version, at.url, at.home], ROOT)),
      );
      expect(codes.map(({ err }) => err).join("")).toBe("");
      const moves = (await Array.fromAsync(store.models.aliasHistory("m", "production"))).reverse();
      expect(moves.map(({ seq }) => seq)).toEqual(versions.map((_, index) => index + 1));
      expect(moves.map(({ value }) => value.version).sort()).toEqual([...versions].sort());
      expect(moves.slice(1).map(({ value }) => value.previous)).toEqual(
        moves.slice(0, -1).map(({ value }) => value.version),
      );
    }, 240_000);
  });
});
