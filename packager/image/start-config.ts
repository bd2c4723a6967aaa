/**
 * How a container of a bento starts, on any base. Adapters override neither command nor arguments.
 *
 * @module
 */
import { type BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import { APP_FOLDER } from "../../model-store/artifact/model-layer.ts";
import type { StartConfig } from "../../oci/image.ts";

/** Port that the server listens on when a platform does not say. */
const PORT = 3000;

/** @param nodePath - absolute path of Node in the image */
export function startConfig(manifest: BentoManifest, nodePath: string): StartConfig {
  return {
    entrypoint: [nodePath, `/${APP_FOLDER}/src/main.js`],
    workingDirectory: `/${APP_FOLDER}`,
    user: "65532:65532",
    env: {
      // The only place that may be written on a read-only root.
      HOME: "/tmp",
      NODE_ENV: "production",
      // onnxruntime 1.29 and later report to their vendor otherwise.
      ORT_DISABLE_TELEMETRY: "1",
      PORT: String(PORT),
      ...manifest.docker.env,
    },
    labels: {
      "org.bentokit.bento": manifest.name,
      "org.bentokit.digest": bentoDigest(manifest),
      "org.bentokit.version": manifest.version,
      "org.opencontainers.image.title": manifest.name,
      "org.opencontainers.image.version": manifest.version,
    },
    ports: [PORT],
  };
}
