/**
 * Libraries of a made-up Debian 12: they define the versions that onnxruntime's binaries ask for, and hold no code.
 *
 * @module
 */
import { type TarEntry, tarFile } from "../../../oci/tar-entry.ts";
import { elfFile } from "../../support/elf-file.ts";

const numbered = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);

const GLIBC = [
  ...["2.2.5", "2.3.2", "2.3.3", "2.3.4"].map((version) => `GLIBC_${version}`),
  ...numbered("GLIBC_2.", 3, 36),
];
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  "ld-linux-aarch64.so.1": GLIBC,
  "ld-linux-x86-64.so.2": GLIBC,
  "libc.so.6": GLIBC,
  "libdl.so.2": GLIBC,
  "libgcc_s.so.1": ["3.0", "3.3", "3.3.1", "3.4", "4.0.0", "4.2.0", "4.3.0", "4.5.0"].map(
    (version) => `GCC_${version}`,
  ),
  "libm.so.6": GLIBC,
  "libpthread.so.0": GLIBC,
  "librt.so.1": GLIBC,
  "libstdc++.so.6": [
    "CXXABI_1.3",
    ...numbered("CXXABI_1.3.", 1, 13),
    "GLIBCXX_3.4",
    ...numbered("GLIBCXX_3.4.", 1, 30),
  ],
};

/** As entries below `usr/lib`. */
export function sampleLibraries(machine: "x64" | "arm64" = "x64"): TarEntry[] {
  return Object.entries(LIBRARIES).map(([soname, versionDefinitions]) =>
    tarFile(`usr/lib/${soname}`, elfFile({ machine, soname, versionDefinitions })),
  );
}
