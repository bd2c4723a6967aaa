import { describe, expect, it } from "vitest";
import { digestOf } from "../../../core/digest.ts";
import { documentMemo } from "../../../oci/document-memo.ts";
import { buildLayer } from "../../../oci/layer.ts";
import { createLayout } from "../../../oci/layout.ts";
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import { layerContents } from "../../../packager/attest/layer-contents.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function layerOf(directory: string, entries: readonly TarEntry[]) {
  const layout = await createLayout(directory);
  const { descriptor } = await buildLayer({ entries, compression: "gzip", sink: layout });
  return { layout, descriptor };
}

const contentsOf = async (entries: readonly TarEntry[]) => {
  await using dir = await tempDir();
  const { layout, descriptor } = await layerOf(dir.path, entries);
  return layerContents(layout, descriptor);
};

/** Longer than a script that would start Node, with its version where chunks of the stream meet. */
const node = Buffer.concat([
  Buffer.alloc(1024 * 1024 - 10),
  Buffer.from("https://nodejs.org/download/release/v24.9.1/node-v24.9.1.tar.gz\0"),
  Buffer.alloc(100),
]);

describe("layerContents", () => {
  it("finds Debian packages in one list and in a folder of them", async () => {
    const found = await contentsOf([
      tarFile(
        "var/lib/dpkg/status",
        [
          "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u14\n",
          "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
        ].join("\n"),
      ),
      tarFile(
        "var/lib/dpkg/status.d/tzdata",
        "Package: tzdata\nVersion: 2026a\nArchitecture: all\n",
      ),
      tarFile("var/lib/dpkg/status.d/tzdata.md5sums", "d41d8cd98f00b204e9800998ecf8427e  x\n"),
      tarFile("usr/lib/os-release", 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n'),
    ]);
    expect(found).toEqual({
      system: { id: "debian", version: "12" },
      debs: [
        { name: "libc6", version: "2.36-9+deb12u14", architecture: "amd64" },
        { name: "tzdata", version: "2026a", architecture: "all" },
      ],
      packages: [],
      nodes: [],
    });
  });

  it("finds npm packages of the app with each file's digest", async () => {
    const manifest = '{"name":"@team/native","version":"1.2.3","license":"MIT"}';
    const found = await contentsOf([
      tarFile("app/node_modules/@team/native/package.json", manifest),
      tarFile("app/node_modules/@team/native/bin/native.node", "binary"),
      tarFile("app/node_modules/plain/index.js", "code"),
      tarFile("usr/lib/node_modules/npm/package.json", '{"name":"npm"}'),
    ]);
    const folder = "app/node_modules/@team/native";
    expect(found.packages).toEqual([
      {
        folder,
        name: "@team/native",
        version: "1.2.3",
        license: "MIT",
        files: [
          { path: `${folder}/bin/native.node`, digest: digestOf("binary") },
          { path: `${folder}/package.json`, digest: digestOf(manifest) },
        ],
      },
      {
        folder: "app/node_modules/plain",
        files: [{ path: "app/node_modules/plain/index.js", digest: digestOf("code") }],
      },
    ]);
  });

  it("finds Node and the version that it tells of itself", async () => {
    const found = await contentsOf([
      { ...tarFile("nodejs/bin/node", node), executable: true },
      tarFile("usr/bin/node", "#!/bin/sh\n"),
    ]);
    expect(found.nodes).toEqual([
      { path: "nodejs/bin/node", digest: digestOf(node), version: "24.9.1" },
    ]);
  });

  it("reads a layer once where it may remember", async () => {
    await using dir = await tempDir();
    const { layout, descriptor } = await layerOf(`${dir.path}/layout`, [
      tarFile("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n"),
    ]);
    const memo = documentMemo({ directory: `${dir.path}/memo` });
    const first = await layerContents(layout, descriptor, memo);
    const blind = { ...layout, readBlob: () => expect.fail("read again") };
    expect(await layerContents(blind, descriptor, memo)).toEqual(first);
  });
});
