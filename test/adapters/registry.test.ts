import { describe, expect, it } from "vitest";
import { loadAdapter, PLANNED_PLATFORMS, PLATFORMS } from "../../adapters/registry.ts";

describe("loadAdapter", () => {
  it.each(PLATFORMS)("loads %s by its own name", async (platform) => {
    expect((await loadAdapter(platform)).platform).toBe(platform);
  });

  it.each([
    ["aws_lamda", 'no platform "aws_lamda"; did you mean aws-lambda?'],
    ["Local", 'no platform "Local"; did you mean local?'],
    ["google-cloudrun", 'no platform "google-cloudrun"; did you mean google-cloud-run?'],
    ["heroku", 'no platform "heroku"'],
    ["toString", 'no platform "toString"'],
    ["", 'no platform ""'],
  ])("refuses %j", async (platform, message) => {
    await expect(loadAdapter(platform)).rejects.toMatchObject({
      code: "BENTO_USAGE",
      message,
      where: "--platform",
      hint: "what works today: aws-ecs-gpu, aws-lambda, local",
    });
  });

  it.each(PLANNED_PLATFORMS)("says of %s that it is not there yet", async (platform) => {
    await expect(loadAdapter(platform)).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      message: `the platform ${platform} is not there yet`,
      where: "--platform",
      hint: "what works today: aws-ecs-gpu, aws-lambda, local",
    });
  });
});
