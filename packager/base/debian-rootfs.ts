/**
 * Debian packages as the entries of one layer, without installing them: what documentation, translations and programs
 * take is left out, and what the packages' scripts would make is made here.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { collect } from "../../oci/chunks.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { readTar, type UntarEntry } from "../../oci/untar.ts";
import { runTool, runToolToEnd } from "./run-tool.ts";

/** Files of a package are at most this long: they are held in memory, some 15 MB in all. */
const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/** Left out: programs, documentation but licences, translations, character sets other than the built-in. */
const DROPPED = [
  /^usr\/s?bin\/./,
  /^usr\/share\/(?:man|info|lintian|locale|i18n|bug|base-files|gcc|gdb)(?:\/|$)/,
  /^usr\/share\/doc\/[^/]+\/(?!copyright$)/,
  /^usr\/lib\/(?:[^/]+\/)?(?:gconv|audit|locale)(?:\/|$)/,
  /^usr\/share\/zoneinfo\/(?:right|posix)\//,
  /^etc\/(?:update-motd\.d|init\.d|cron\.\w+|ca-certificates)(?:\/|$)/,
];

/** Directories that Debian 12 and later have as links into /usr. */
const MERGED = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];
const ALWAYS_MERGED = ["bin", "lib", "sbin"];

/**
 * The layer's entries.
 *
 * @param packages - paths of .deb files
 * @throws BentoError BENTO_UNSUPPORTED without dpkg-deb; BENTO_IO for a file that is no package
 */
export async function debianRootfs(
  packages: readonly string[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TarEntry[]> {
  const entries = new Map<string, TarEntry>();
  for (const file of packages) {
    const fields = await runToolToEnd(["dpkg-deb", "--field", file], options);
    const archive = runTool(["dpkg-deb", "--fsys-tarfile", file], options);
    for await (const entry of readTar(archive, { links: "rootfs" })) {
      const path = mergedPath(entry.path);
      if (!DROPPED.some((rule) => rule.test(path)) && !MERGED.includes(path)) {
        entries.set(path, await toTarEntry(entry, path, entries));
      }
    }
    // Scanners read the packages of an image without dpkg from here.
    const name = /^Package: (.+)$/m.exec(fields)?.[1] ?? file;
    entries.set(`dpkg ${name}`, tarFile(`var/lib/dpkg/status.d/${name}`, fields));
  }
  for (const entry of madeEntries(entries)) {
    entries.set(entry.path, entry);
  }
  return [...entries.values()];
}

function mergedPath(path: string): string {
  const [first = "", ...rest] = path.split("/");
  return MERGED.includes(first) && rest.length > 0 ? `usr/${path}` : path;
}

async function toTarEntry(
  entry: UntarEntry,
  path: string,
  known: ReadonlyMap<string, TarEntry>,
): Promise<TarEntry> {
  switch (entry.kind) {
    case "directory":
      return { kind: "directory", path, shared: entry.isSticky };
    case "symlink":
      return { kind: "symlink", path, target: entry.target ?? "" };
    case "hardlink": {
      const original = known.get(mergedPath(entry.target ?? ""));
      if (original === undefined) {
        throw new BentoError("BENTO_IO", `${path} is a hard link to nothing`, { where: "package" });
      }
      return { ...original, path };
    }
    case "file": {
      const content = await collect(entry.content(), FILE_LIMIT_BYTES, path);
      return { ...tarFile(path, content), executable: entry.isExecutable };
    }
  }
}

/** What the packages' scripts make when they are installed, and a user to run as. */
function madeEntries(entries: ReadonlyMap<string, TarEntry>): TarEntry[] {
  const paths = [...entries.keys()];
  const merged = MERGED.filter(
    (name) => ALWAYS_MERGED.includes(name) || paths.some((path) => path.startsWith(`usr/${name}/`)),
  );
  return [
    ...merged.map((name): TarEntry => ({ kind: "symlink", path: name, target: `usr/${name}` })),
    ...merged.map((name): TarEntry => ({ kind: "directory", path: `usr/${name}` })),
    ...["dev", "home/nonroot", "proc", "root", "run", "sys"].map(
      (path): TarEntry => ({ kind: "directory", path }),
    ),
    { kind: "directory", path: "tmp", shared: true },
    { kind: "directory", path: "var/tmp", shared: true },
    { kind: "symlink", path: "etc/localtime", target: "/usr/share/zoneinfo/Etc/UTC" },
    tarFile("etc/nsswitch.conf", "hosts: files dns\n"),
    tarFile(
      "etc/passwd",
      accounts(
        "root:x:0:0:root:/root:/sbin/nologin",
        "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin",
      ),
    ),
    tarFile("etc/group", accounts("root:x:0:", "nonroot:x:65532:")),
    tarFile("etc/ssl/certs/ca-certificates.crt", certificateBundle(entries)),
  ];
}

function accounts(...lines: string[]): string {
  return `${lines.join("\n")}\n`;
}

function certificateBundle(entries: ReadonlyMap<string, TarEntry>): Buffer {
  const paths = [...entries.keys()]
    .filter((path) => /^usr\/share\/ca-certificates\/.*\.crt$/.test(path))
    .sort();
  const parts = paths.map((path) => {
    const entry = entries.get(path);
    return entry?.kind === "file" && typeof entry.content !== "function"
      ? entry.content
      : Buffer.alloc(0);
  });
  return Buffer.concat(parts);
}
