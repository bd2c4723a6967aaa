/**
 * The Dockerfile in a bento's `env/`: for who builds images with Docker, buildah or podman. Its image has the same files
 * and starts alike as that of `bento containerize`, with other bytes. The same bento gives the same text.
 *
 * @module
 */
import type { BentoManifest } from "../core/bento-manifest.ts";
import { DEFAULT_BASE, DISTROLESS_NODE } from "./base/default-base.ts";

/** Where images on npm's own base, and bases of `bento base build`, have Node. */
const USUAL_NODE = "/usr/local/bin/node";

/** Nothing that depends on the bento's files, of which this is one, or on versions of models, which may be repinned. */
export interface DockerfileInput extends Pick<BentoManifest, "name" | "docker"> {
  readonly runtime: Pick<BentoManifest["runtime"], "node" | "onnxruntime">;
  readonly hasModels: boolean;
}

/** Path within the bento. */
export const DOCKERFILE = "env/Dockerfile";

export function bentoDockerfile(input: DockerfileInput): string {
  const { name, runtime, docker } = input;
  const environment = {
    HOME: "/tmp",
    NODE_ENV: "production",
    ORT_DISABLE_TELEMETRY: "1",
    PORT: "3000",
    ...docker.env,
  };
  const lines = [
    ...["# The image of this bento, made in its own folder by Docker, buildah or podman:", "#"],
    `#   docker build -f ${DOCKERFILE} -t ${name} .`,
    ...[
      "#",
      `# Without any of them, and with the same bytes every time: bento containerize ${name}`,
    ],
    ...["", ...baseLines(docker.base)],
    `FROM node:${runtime.node}-slim AS natives`,
    "WORKDIR /natives",
    // its installer downloads CUDA; the libraries for the CPU are in the package
    `RUN ONNXRUNTIME_NODE_INSTALL=skip npm install --no-audit --no-fund onnxruntime-node@${runtime.onnxruntime} \\`,
    "  && cd node_modules/onnxruntime-node/bin/napi-v6 \\",
    "  && find . -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} + \\",
    '  && find linux -mindepth 1 -maxdepth 1 ! -name "$(node -p process.arch)" -exec rm -r {} +',
    ...["", "FROM $BASE", "WORKDIR /app"],
    ...["onnxruntime-common", "onnxruntime-node"].map(
      (item) => `COPY --from=natives /natives/node_modules/${item} node_modules/${item}`,
    ),
    ...(input.hasModels ? ["COPY models models"] : []),
    ...["COPY apis apis", "COPY bento.json bento.yaml ./", "COPY src src"],
    ...Object.entries(environment)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => environmentLine(key, value)),
    `LABEL org.bentokit.bento=${quoted(name)} org.opencontainers.image.title=${quoted(name)}`,
    ...["USER 65532:65532", "EXPOSE 3000"],
    `ENTRYPOINT ["${nodeOf(docker.base)}", "/app/src/main.js"]`,
    // the base's own arguments are not ours
    "CMD []",
  ];
  return `${lines.join("\n")}\n`;
}

function baseLines(base: string | undefined): string[] {
  return base?.startsWith("oci:") === true
    ? [
        "# The base was a layout on a disk: push it to a registry and add --build-arg BASE=HOST/NAME:TAG.",
        "ARG BASE",
      ]
    : [`ARG BASE=${base ?? DEFAULT_BASE}`];
}

function nodeOf(base = DEFAULT_BASE): string {
  return base.includes("distroless/nodejs") ? DISTROLESS_NODE : USUAL_NODE;
}

/** A Dockerfile has no way to write a line's end into a value. */
function environmentLine(name: string, value: string): string {
  return /[\r\n]/.test(value)
    ? `# ${name} has several lines: set it where the container starts`
    : `ENV ${name}=${quoted(value)}`;
}

/** As Dockerfiles read it: within quotes, where a dollar means a variable of theirs. */
function quoted(value: string): string {
  return `"${value.replaceAll(/[\\"$]/g, "\\$&")}"`;
}
