/**
 * `bentofile.yaml`: what a project says of its bento beside service.ts. Every field is optional; unknown keys are errors.
 *
 * @module
 */
import * as z from "zod";
import { TAG_PART } from "./tag.ts";

export const EnvironmentOptions = z
  .looseObject({
    platform: z.string().optional().describe("Platform to deploy to, e.g. aws-lambda."),
    name: z
      .string()
      .optional()
      .describe(
        "Name of the deployment there; by default the bento's, with -ENV outside the default environment.",
      ),
  })
  .describe("Options of one environment; beyond these, the platform's own.");

const names = z.array(z.string());
const texts = z.record(z.string(), z.string());

export const Bentofile = z.strictObject({
  service: z
    .string()
    .default("service.ts")
    .describe("File of the service; `service:Export` names one of several exports."),
  name: z
    .string()
    .regex(TAG_PART)
    .optional()
    .describe("Name of the bento; the service's by default."),
  description: z.string().optional().describe("What the bento does, in a sentence."),
  labels: texts.default({}).describe("Free labels, kept in the bento."),
  include: names.default([]).describe("Files beside the bundle that run needs, as glob patterns."),
  exclude: names.default([]).describe("Patterns taken out of include."),
  models: names.default([]).describe("Tags packed beside the ones that the service names."),
  envs: names.default([]).describe("Variables that must be set where it runs."),
  docker: z
    .strictObject({
      base: z.string().optional().describe("Base image; a distroless Node image by default."),
      env: texts.optional().describe("Variables set in the image."),
    })
    .default({})
    .describe("The image that containerize makes."),
  environments: z
    .record(z.string(), EnvironmentOptions)
    .default({})
    .describe("Where to deploy to, one entry for each --env."),
});
export type Bentofile = z.infer<typeof Bentofile>;

/** Keys of BentoML's own bentofile that have no place here, and what to do instead. */
export const BENTOML_KEYS: Readonly<Record<string, string>> = {
  python:
    "Python packages have no place in the image: export the model to ONNX and use npm packages in service.ts",
  conda: "Conda environments have no place in the image: export the model to ONNX",
  args: "template arguments are not supported: use environment variables, declared in envs",
  "docker.distro": "choose the base image with docker.base",
  "docker.python_version":
    "there is no Python in the image; its Node comes with the base, docker.base",
  "docker.cuda_version":
    "resources.gpu in service.ts makes an image for CUDA 12; docker.base names its base",
  "docker.system_packages": "use a base image that has them, docker.base",
  "docker.setup_script": "use a base image that is set up, docker.base",
  "docker.base_image": "here it is docker.base",
  "docker.dockerfile_template": "use a base image that is set up, docker.base",
};
