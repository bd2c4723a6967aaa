import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { binaryFormat, type ReadAt, readElf } from "../../oci/elf.ts";
import { elfFile } from "../support/elf-file.ts";

const over =
  (bytes: Buffer): ReadAt =>
  async (offset, length) =>
    bytes.subarray(offset, offset + length);

const onnxruntime = join(
  dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json")),
  "bin/napi-v6",
);

const FACTS = {
  machine: "arm64",
  soname: "libsample.so.1",
  needed: ["libc.so.6", "libm.so.6"],
  versionNeeds: { "libc.so.6": ["GLIBC_2.17", "GLIBC_2.34"], "libm.so.6": ["GLIBC_2.27"] },
  versionDefinitions: ["SAMPLE_1.0", "SAMPLE_1.1"],
} as const;

describe("readElf", () => {
  it("reads needs and definitions", async () => {
    expect(await readElf(over(elfFile(FACTS)), "sample")).toEqual(FACTS);
  });

  it.each(["x64", "arm64"])("reads the binding of onnxruntime for %s", async (machine) => {
    const file = join(onnxruntime, "linux", machine, "onnxruntime_binding.node");
    const facts = await readElf(over(await readFile(file)), file);
    expect(facts.machine).toBe(machine);
    const loader = machine === "x64" ? [] : ["ld-linux-aarch64.so.1"];
    const libraries = ["libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6"];
    expect(facts.needed).toEqual(["libonnxruntime.so.1", ...libraries, ...loader]);
    expect(facts.versionNeeds["libonnxruntime.so.1"]?.[0]).toMatch(/^VERS_/);
  });

  it.each([
    ["cut short", elfFile(FACTS).subarray(0, 300), "cut short"],
    [
      "of 32 bits",
      Buffer.concat([Buffer.from("\x7fELF\x01\x01"), Buffer.alloc(58)]),
      "not a 64-bit ELF file",
    ],
    ["text", Buffer.alloc(64, "text"), "not a 64-bit ELF file"],
    ["empty", Buffer.alloc(0), "cut short"],
  ])("refuses a file that is %s", async (_what, bytes, message) => {
    await expect(readElf(over(bytes), "a.so")).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_INTEGRITY", message, where: "a.so" }),
    );
  });

  it("either reads damaged files or refuses them as damaged", async () => {
    const whole = elfFile(FACTS);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) {
          bytes[at] = value;
        }
        const error = await readElf(over(bytes), "a.so").then(
          () => undefined,
          (caught: unknown) => caught,
        );
        expect(error === undefined || BentoError.isInstance(error)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("binaryFormat", () => {
  it.each([
    ["linux/x64/libonnxruntime.so.1", "elf"],
    ["darwin/arm64/onnxruntime_binding.node", "mach-o"],
    ["win32/x64/onnxruntime_binding.node", "pe"],
  ])("tells %s apart", async (path, format) => {
    expect(binaryFormat((await readFile(join(onnxruntime, path))).subarray(0, 4))).toBe(format);
  });

  it("knows nothing of text", () => {
    expect(binaryFormat(Buffer.from("text"))).toBe("other");
  });
});
