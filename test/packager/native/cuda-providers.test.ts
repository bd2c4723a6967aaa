import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../core/digest.ts";
import { cudaProviders } from "../../../packager/native/cuda-providers.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { zipArchive } from "../../support/zip-archive.ts";

const FOLDER = "runtimes/linux-x64/native";
const PACKAGE = zipArchive({
  [`${FOLDER}/libonnxruntime_providers_cuda.so`]: "cuda",
  [`${FOLDER}/libonnxruntime_providers_shared.so`]: "shared",
  [`${FOLDER}/libonnxruntime_providers_tensorrt.so`]: "tensorrt",
});
const DIGEST = digestOf(PACKAGE);

/** Serves the package on loopback, and counts how often it was asked for. */
async function serve(bytes: Uint8Array = PACKAGE, status = 200) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status).end(bytes);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    source: `http://127.0.0.1:${port}/gpu.nupkg`,
    asked,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe("cudaProviders", () => {
  it("takes the two libraries out of the package, by digest, once", async () => {
    await using dir = await tempDir();
    await using server = await serve();
    const options = { version: "1.30.0", source: server.source, cacheDirectory: dir.path };
    const first = await cudaProviders(options);
    expect(first.digest).toBe(DIGEST);
    const texts = Object.entries(first.files).map(async ([name, path]) => [
      name,
      await readFile(path, "utf8"),
    ]);
    expect(await Promise.all(texts)).toEqual([
      ["libonnxruntime_providers_cuda.so", "cuda"],
      ["libonnxruntime_providers_shared.so", "shared"],
    ]);
    expect(await cudaProviders({ ...options, expected: DIGEST })).toEqual(first);
    expect(server.asked).toEqual(["/gpu.nupkg"]);
    expect(await readdir(join(dir.path, "cuda"))).toEqual([`1.30.0-${DIGEST.slice(7)}`]);
  });

  it("takes a file, without a network", async () => {
    await using dir = await tempDir();
    const source = join(dir.path, "gpu.nupkg");
    await writeFile(source, PACKAGE);
    const found = await cudaProviders({ version: "1.30.0", source, cacheDirectory: dir.path });
    expect(found.digest).toBe(DIGEST);
  });

  it("refuses another package than the one that is written down", async () => {
    await using dir = await tempDir();
    await using server = await serve();
    const expected = digestOf("another");
    const { source } = server;
    await expect(
      cudaProviders({ version: "1.30.0", source, expected, cacheDirectory: dir.path }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_INTEGRITY",
        message: `expected ${expected}, got ${DIGEST}`,
        where: source,
      }),
    );
    expect(await readdir(join(dir.path, "cuda"))).toEqual([]);
  });

  it("refuses a package without the libraries", async () => {
    await using dir = await tempDir();
    await using server = await serve(zipArchive({ "README.md": "" }));
    const { source } = server;
    await expect(
      cudaProviders({ version: "1.30.0", source, cacheDirectory: dir.path }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: `the package has no ${FOLDER}/libonnxruntime_providers_cuda.so`,
      }),
    );
  });

  it("says what to do without a network, or when the package is not there", async () => {
    await using dir = await tempDir();
    const cause = new Error("getaddrinfo ENOTFOUND api.nuget.org");
    const offline = async () => {
      throw new TypeError("fetch failed", { cause });
    };
    const options = { version: "1.30.0", cacheDirectory: dir.path };
    await expect(cudaProviders({ ...options, fetch: offline })).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNREACHABLE",
        message: "cannot fetch onnxruntime's CUDA libraries: getaddrinfo ENOTFOUND api.nuget.org",
        where:
          "https://api.nuget.org/v3-flatcontainer/microsoft.ml.onnxruntime.gpu.linux/1.30.0/microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg",
        hint: "give the package as a file or URL of your own: --cuda-package FILE, or make an image without them: --variant cpu",
      }),
    );
    await using server = await serve(Buffer.from("not found"), 404);
    await expect(cudaProviders({ ...options, source: server.source })).rejects.toThrow(
      "cannot fetch onnxruntime's CUDA libraries: status 404",
    );
    const source = join(dir.path, "absent.nupkg");
    await expect(cudaProviders({ ...options, source })).rejects.toThrow("ENOENT");
  });
});
