import { defineConfig } from "vitest/config";

const report = process.env["BENTO_TEST_REPORT"];

export default defineConfig({
  resolve: { conditions: ["bentokit-source"] },
  ssr: { resolve: { conditions: ["bentokit-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    execArgv: ["--conditions=bentokit-source"],
    ...(report === undefined
      ? {}
      : { reporters: ["default", "json"], outputFile: { json: report } }),
  },
});
