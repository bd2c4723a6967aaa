import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeService } from "../../packager/describe-service.ts";
import { bundleToDisk, testProject } from "../support/bundled-service.ts";
import { GREETER } from "../support/cli-projects.ts";
import { failureOf } from "../support/failure.ts";

/** The failure of a service with this source. */
async function failure(source: string, options: { timeLimitMs?: number } = {}) {
  await using project = await testProject({ "service.ts": source });
  const bundle = await bundleToDisk(project);
  return await failureOf(() => describeService(bundle, { source: "service.ts", ...options }));
}

describe("describeService", () => {
  it("says what the service is", async () => {
    await using project = await testProject({ "service.ts": GREETER });
    const { openapi, schema, ...description } = await describeService(await bundleToDisk(project), {
      source: "service.ts",
    });
    expect(description).toEqual({
      name: "greeter",
      models: [],
      apis: [{ name: "greet", kind: "api", description: "Greets." }],
      resources: {},
      traffic: {},
      env: [],
    });
    expect([openapi, schema]).toEqual([
      expect.objectContaining({ openapi: "3.1.0" }),
      expect.objectContaining({ name: "greeter" }),
    ]);
  });

  it("hears the answer of a service that prints, and one of many apis", async () => {
    const source = `import { service } from "bentokit";
import * as z from "zod";
console.log("{}"); console.error("noise"); process.stdout.write("more");
export default service({
  name: "wide",
  apis: ({ api }) => Object.fromEntries(Array.from({ length: 200 }, (_, index) => ["api_" + index, api({
    description: "x".repeat(2000), input: { name: z.string() }, output: z.string(), run: async () => "",
  })])),
});
`;
    await using project = await testProject({ "service.ts": source });
    const { apis } = await describeService(await bundleToDisk(project), { source: "service.ts" });
    expect([apis.length, apis[199]?.description?.length]).toEqual([200, 2000]);
  });

  it.each([
    ["a loop", "for (;;);"],
    ["a timer", "await new Promise(() => setInterval(() => {}, 1000));"],
    [
      "a process that goes on",
      `import { spawn } from "node:child_process";\nspawn("sleep", ["1000"], { stdio: "inherit" });\nfor (;;);`,
    ],
  ])("ends %s when its time is up", async (_, source) => {
    expect(await failure(source, { timeLimitMs: 700 })).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message: "the service did not load in 700 ms",
      where: "service.ts",
      hint: "keep the top level of service.ts to definitions; work at start belongs into onStart",
    });
  });

  it("leaves no process behind that the service started", async () => {
    await using project = await testProject({
      "service.ts": `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
const child = spawn("sleep", ["1000"], { stdio: "inherit" });
writeFileSync(process.env.PID_FILE ?? "", String(child.pid));
process.exit(4);
`,
    });
    const file = join(project.directory, "pid");
    process.env["PID_FILE"] = file;
    try {
      const bundle = await bundleToDisk(project);
      expect(await failureOf(() => describeService(bundle, { source: "service.ts" }))).toEqual({
        code: "BENTO_INVALID_SERVICE",
        message: "the service ended the process (exit code 4)",
        where: "service.ts",
        hint: "keep the top level of service.ts to definitions; work at start belongs into onStart",
      });
    } finally {
      delete process.env["PID_FILE"];
    }
    const pid = Number(await readFile(file, "utf8"));
    await expect(ended(pid)).resolves.toBe(true);
  });

  it("tells a service that kills itself", async () => {
    expect((await failure('process.kill(process.pid, "SIGTERM"); for (;;);')).message).toBe(
      "the service was killed while it was loaded",
    );
  });

  it("leaves lines of the bundle out of what the service wrote", async () => {
    const source = `console.error("x".repeat(5000)); console.error("short"); process.exit(1);`;
    expect((await failure(source)).message).toBe(
      "the service ended the process (exit code 1)\nshort",
    );
  });

  it.each(["null", "undefined", "3", "{ message: 3 }", "Object.create(null)"])(
    "shows a thrown %s",
    async (value) => {
      const { message } = await failure(`throw ${value};`);
      expect(message).toMatch(/^the service threw while it was loaded: /);
    },
  );

  it("throws the reason of a signal at once, before and meanwhile", async () => {
    await using project = await testProject({ "service.ts": "for (;;);" });
    const bundle = await bundleToDisk(project);
    const reason = new Error("stopped");
    const controller = new AbortController();
    const describing = describeService(bundle, { source: "x", signal: controller.signal });
    controller.abort(reason);
    await expect(describing).rejects.toBe(reason);
    await expect(
      describeService(bundle, { source: "x", signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});

/** Whether a process ends; it has been sent SIGKILL. */
async function ended(pid: number): Promise<boolean> {
  for (let look = 0; look < 10_000; look += 1) {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (state === undefined || / Z /.test(state)) {
      return true;
    }
    await new Promise((done) => setImmediate(done));
  }
  return false;
}
