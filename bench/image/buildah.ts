/**
 * The same change of code by buildah: a Dockerfile that copies the service over the image before, without a daemon.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Buildah {
  /** Builds and pushes; milliseconds. */
  rebuild(bentoDirectory: string): Promise<number>;
}

/**
 * @param directory - for its storage
 * @param image - what is there, as HOST/NAME:TAG; pulled once, before anything is measured
 */
export async function buildahOver(directory: string, image: string): Promise<Buildah> {
  const storage = ["--root", join(directory, "root"), "--runroot", join(directory, "run")];
  const common = [...storage, "--storage-driver", "vfs"];
  const insecure = ["--tls-verify=false"];
  await mkdir(directory, { recursive: true });
  const file = join(directory, "Dockerfile");
  const lines = [
    `FROM ${image}`,
    "COPY apis apis",
    "COPY bento.json bento.yaml ./",
    "COPY src src",
  ];
  await writeFile(file, lines.join("\n"));
  await run("buildah", [...common, "pull", ...insecure, image]);
  return {
    async rebuild(bentoDirectory) {
      const startedMs = performance.now();
      const options = ["--isolation", "chroot", "--pull-never", ...insecure, "-f", file];
      const target = image.replace(/:[^:]*$/, ":by-buildah");
      await run("buildah", [...common, "bud", ...options, "-t", target, bentoDirectory]);
      await run("buildah", [...common, "push", ...insecure, target]);
      return performance.now() - startedMs;
    },
  };
}
