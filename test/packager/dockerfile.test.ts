import { describe, expect, it } from "vitest";
import { bentoDockerfile, type DockerfileInput } from "../../packager/dockerfile.ts";

const INPUT: DockerfileInput = {
  name: "iris_classifier",
  runtime: { node: "24", onnxruntime: "1.30.0" },
  hasModels: true,
  docker: {},
};

const without = (text: string) => text.replace(/sha256:[0-9a-f]{64}/, "sha256:DIGEST");

describe("bentoDockerfile", () => {
  it("starts as the bento's own image does, over the same base", () => {
    expect(without(bentoDockerfile(INPUT))).toMatchInlineSnapshot(`
      "# The image of this bento, made in its own folder by Docker, buildah or podman:
      #
      #   docker build -f env/Dockerfile -t iris_classifier .
      #
      # Without any of them, and with the same bytes every time: bento containerize iris_classifier

      ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:DIGEST
      FROM node:24-slim AS natives
      WORKDIR /natives
      RUN ONNXRUNTIME_NODE_INSTALL=skip npm install --no-audit --no-fund onnxruntime-node@1.30.0 \\
        && cd node_modules/onnxruntime-node/bin/napi-v6 \\
        && find . -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} + \\
        && find linux -mindepth 1 -maxdepth 1 ! -name "$(node -p process.arch)" -exec rm -r {} +

      FROM $BASE
      WORKDIR /app
      COPY --from=natives /natives/node_modules/onnxruntime-common node_modules/onnxruntime-common
      COPY --from=natives /natives/node_modules/onnxruntime-node node_modules/onnxruntime-node
      COPY models models
      COPY apis apis
      COPY bento.json bento.yaml ./
      COPY src src
      ENV HOME="/tmp"
      ENV NODE_ENV="production"
      ENV ORT_DISABLE_TELEMETRY="1"
      ENV PORT="3000"
      LABEL org.bentokit.bento="iris_classifier" org.opencontainers.image.title="iris_classifier"
      USER 65532:65532
      EXPOSE 3000
      ENTRYPOINT ["/nodejs/bin/node", "/app/src/main.js"]
      CMD []
      "
    `);
  });

  it.each([
    ["node:24-bookworm-slim", "ARG BASE=node:24-bookworm-slim", "/usr/local/bin/node"],
    ["gcr.io/distroless/nodejs22", "ARG BASE=gcr.io/distroless/nodejs22", "/nodejs/bin/node"],
    ["oci:./base", "ARG BASE", "/usr/local/bin/node"],
  ])("takes the base %s", (base, line, node) => {
    const lines = bentoDockerfile({ ...INPUT, docker: { base } }).split("\n");
    expect(lines.find((each) => each.startsWith("ARG"))).toBe(line);
    expect(lines).toContain(`ENTRYPOINT ["${node}", "/app/src/main.js"]`);
  });

  it("copies no models where there are none, and writes values so that they stay what they are", () => {
    const env = { QUOTED: 'a "b" $c \\d', LINES: "a\nb", PORT: "4000" };
    const lines = bentoDockerfile({ ...INPUT, hasModels: false, docker: { env } }).split("\n");
    expect(lines).not.toContain("COPY models models");
    expect(lines.filter((line) => /^(?:ENV|# LINES)/.test(line))).toEqual([
      'ENV HOME="/tmp"',
      "# LINES has several lines: set it where the container starts",
      'ENV NODE_ENV="production"',
      'ENV ORT_DISABLE_TELEMETRY="1"',
      'ENV PORT="4000"',
      'ENV QUOTED="a \\"b\\" \\$c \\\\d"',
    ]);
  });
});
