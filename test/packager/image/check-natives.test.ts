import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../../oci/chunks.ts";
import { documentMemo } from "../../../oci/document-memo.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import { type BaseFacts, baseFacts } from "../../../packager/base/base-facts.ts";
import { checkNatives, nativeFiles } from "../../../packager/image/check-natives.ts";
import { type ElfFileOptions, elfFile } from "../../support/elf-file.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { writeSampleBase } from "./sample-bento.ts";

const BASE: BaseFacts = {
  isMusl: false,
  nodes: [],
  libraries: {
    "libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.36", "GLIBC_PRIVATE"],
    "libcublas.so.12": null,
    "libstdc++.so.6": ["CXXABI_1.3", "GLIBCXX_3.4.9", "GLIBCXX_3.4.30"],
  },
};
const PATH = "app/node_modules/sample/sample.node";

async function problems(files: readonly TarEntry[], base = BASE): Promise<string[]> {
  try {
    checkNatives(await nativeFiles(files), "linux/amd64", base);
    return [];
  } catch (error) {
    expect(error).toMatchObject({
      code: "BENTO_UNSUPPORTED",
      where: "native code for linux/amd64",
    });
    return error instanceof Error ? error.message.split("\n") : [];
  }
}

const native = (options: ElfFileOptions, path = PATH) => tarFile(path, elfFile(options));

describe("checkNatives", () => {
  it("takes what the base has, and libraries that lie beside each other", async () => {
    const files = [
      native({
        needed: ["libc.so.6", "libsample.so.1", "libcublas.so.12"],
        versionNeeds: {
          "libc.so.6": ["GLIBC_2.36"],
          "libsample.so.1": ["SAMPLE_1"],
          "libcublas.so.12": ["libcublas.so.12"],
        },
      }),
      native(
        { soname: "libsample.so.1", versionDefinitions: ["SAMPLE_1"] },
        "app/node_modules/sample/libsample.so.1",
      ),
      tarFile("app/src/main.js", "no native code"),
    ];
    expect(await problems(files)).toEqual([]);
  });

  it.each<[string, TarEntry, string]>([
    [
      "a library that is nowhere",
      native({ needed: ["libgomp.so.1"] }),
      `${PATH} needs libgomp.so.1, which the base lacks`,
    ],
    [
      "a newer glibc",
      native({
        needed: ["libc.so.6"],
        versionNeeds: { "libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.38"] },
      }),
      `${PATH} needs GLIBC_2.38, libc.so.6 of the base goes to GLIBC_2.36`,
    ],
    [
      "a newer libstdc++",
      native({
        needed: ["libstdc++.so.6"],
        versionNeeds: { "libstdc++.so.6": ["GLIBCXX_3.4.32"] },
      }),
      `${PATH} needs GLIBCXX_3.4.32, libstdc++.so.6 of the base goes to GLIBCXX_3.4.30`,
    ],
    [
      "versions of another family",
      native({ needed: ["libc.so.6"], versionNeeds: { "libc.so.6": ["OTHER_1"] } }),
      `${PATH} needs OTHER_1, which libc.so.6 of the base lacks`,
    ],
    ["another processor", native({ machine: "arm64" }), `${PATH} is for arm64, not x64`],
    [
      "musl",
      native({ needed: ["libc.musl-x86_64.so.1"] }),
      `${PATH} is built for musl, the base has glibc`,
    ],
    ["macOS", tarFile(PATH, Buffer.from("cffaedfe00000000", "hex")), `${PATH} is built for macOS`],
    ["Windows", tarFile(PATH, "MZ\x90\0"), `${PATH} is built for Windows`],
    ["nobody", tarFile(PATH, "text"), `${PATH} is no library at all`],
  ])("refuses what is made for %s", async (_what, file, problem) => {
    expect(await problems([file])).toEqual([problem]);
  });
});

describe("nativeFiles", () => {
  it("reads files once whose content is known without reading it", async () => {
    await using dir = await tempDir();
    const memo = documentMemo({ directory: dir.path });
    const opened = { times: 0 };
    const bytes = elfFile({ needed: ["libc.so.6"] });
    const content = () => {
      opened.times += 1;
      return streamOf(bytes.subarray(0, 100), bytes.subarray(100));
    };
    const entry: TarEntry = {
      kind: "file",
      path: PATH,
      size: bytes.length,
      content,
      identity: "1",
    };
    const first = await nativeFiles([entry], memo);
    const { times } = opened;
    expect(await nativeFiles([entry], memo)).toEqual(first);
    expect(first[0]?.elf?.needed).toEqual(["libc.so.6"]);
    expect(opened.times).toBe(times);
  });
});

describe("baseFacts", () => {
  it("tells libraries with their versions, Node and the kind of libc", async () => {
    await using dir = await tempDir();
    const libc = elfFile({ soname: "libc.so.6", versionDefinitions: ["GLIBC_2.36"] });
    const entries: TarEntry[] = [
      tarFile("usr/lib/x86_64-linux-gnu/libc.so.6", libc),
      tarFile("usr/lib/x86_64-linux-gnu/libc.so", "/* a linker script */"),
      tarFile("usr/lib/libz.so.1.2", elfFile({ soname: "libz.so.1", versionDefinitions: ["Z_1"] })),
      { kind: "symlink", path: "usr/lib/libz.so.1", target: "libz.so.1.2" },
      { kind: "symlink", path: "usr/bin/node", target: "/opt/node/bin/node" },
      tarFile("opt/node/bin/node", "node"),
    ];
    const { layout } = await writeSampleBase(join(dir.path, "base"), { entries });
    const image = await inspectImage(layout);
    expect(await baseFacts(layout, image)).toEqual({
      isMusl: false,
      nodes: ["/opt/node/bin/node", "/usr/bin/node"],
      libraries: { "libc.so": null, "libc.so.6": ["GLIBC_2.36"], "libz.so.1": ["Z_1"] },
    });
  });

  it("is found out once for each image", async () => {
    await using dir = await tempDir();
    const memo = documentMemo({ directory: join(dir.path, "facts") });
    const { layout } = await writeSampleBase(join(dir.path, "base"));
    const image = await inspectImage(layout);
    const first = await baseFacts(layout, image, memo);
    await rm(join(dir.path, "base"), { recursive: true });
    expect(await baseFacts(layout, image, memo)).toEqual(first);
  });
});
