/**
 * A project that asks for a GPU, its images, and AWS with ECS on loopback, for deploys by the command line as a real
 * process. Images have CUDA's place and nothing of CUDA in it; what tasks do is scripted: nothing of the bento is run.
 *
 * @module
 */
import { join } from "node:path";
import { tarFile } from "../../oci/tar-entry.ts";
import { writeSampleBase } from "../packager/image/sample-bento.ts";
import { sampleLibraries } from "../packager/image/sample-libraries.ts";
import { type LoopbackEcs, loopbackEcs } from "./aws/ecs/loopback-ecs.ts";
import { type LoopbackAws, startAws } from "./aws/start-aws.ts";
import { type BentoProcess, type Ran, startBento } from "./bento-process.ts";
import { type TestCli, testCli } from "./cli.ts";
import { elfFile } from "./elf-file.ts";
import { zipArchive } from "./zip-archive.ts";

/** @param marker - makes another version of the bento */
export function drawingService(marker = "first"): string {
  return `
import { service } from "bentokit";
import * as z from "zod";
${"export default"} service({
  name: "drawing",
  description: "${marker}",
  resources: { gpu: 1, gpuType: "nvidia-l4" },
  apis: ({ api }) => ({
    count: api({ input: { features: z.number() }, output: z.number(), run: ({ features }) => features }),
  }),
});
`;
}

export interface EcsStand extends AsyncDisposable {
  readonly cli: TestCli;
  readonly aws: LoopbackAws;
  readonly ecs: LoopbackEcs;
  /**
   * Runs `bento` as a process of its own, its words split at spaces.
   *
   * @param rights - environment of who runs it @default one with all rights
   */
  bento(line: string, rights?: Readonly<Record<string, string>>): Promise<Ran>;
  start(line: string): BentoProcess;
  /** Builds another version of the bento. */
  build(marker: string): Promise<void>;
}

const OPTIONS = [
  "vpcId=vpc-0a1b2c3d",
  'subnets=["subnet-0a1b2c3d","subnet-0a1b2c3e"]',
  'availabilityZones=["eu-west-1a","eu-west-1b"]',
];

/** Options that put it into a network. */
export const IN_NETWORK = OPTIONS.map((option) => `--set ${option}`).join(" ");

/** Deploys the bento by its image over a tiny base, into a network. */
export const DEPLOY = `deploy drawing --platform aws-ecs-gpu --image oci:image --yes ${IN_NETWORK}`;

const CUDA = ["libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcudnn.so.9"];

export async function ecsStand(): Promise<EcsStand> {
  const cli = await testCli();
  const cuda = CUDA.map((soname) =>
    tarFile(`usr/local/cuda/lib/${soname}`, elfFile({ soname, versionDefinitions: [soname] })),
  );
  const node = { ...tarFile("usr/local/bin/node", "no real node"), executable: true };
  const tmp = { kind: "directory", path: "tmp", shared: true } as const;
  const entries = [node, tmp, ...sampleLibraries(), ...cuda];
  await writeSampleBase(join(cli.work, "base"), { entries });
  const folder = "runtimes/linux-x64/native";
  const provider = (soname: string) => elfFile({ soname, needed: ["libc.so.6"] });
  const library = (name: string) => `libonnxruntime_providers_${name}.so`;
  await cli.write(
    "cuda.nupkg",
    zipArchive({
      [`${folder}/${library("cuda")}`]: provider(library("cuda")),
      [`${folder}/${library("shared")}`]: provider(library("shared")),
    }),
  );
  const build = async (marker: string) => {
    await cli.write("service.ts", drawingService(marker));
    await cli.must("build");
    await cli.must(
      "containerize drawing --base oci:base --cuda-package cuda.nupkg --output oci:image",
    );
  };
  await cli.write(
    "golden/count.jsonl",
    `${JSON.stringify({ input: { features: 4 }, output: 4 })}\n`,
  );
  await build("first");
  const ecs = loopbackEcs();
  const aws = await startAws(ecs.options);
  return {
    cli,
    aws,
    ecs,
    build,
    start: (line) => startBento(line, { cli, aws }),
    bento: (line, rights) => startBento(line, { cli, aws, environment: rights }).ended,
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
    },
  };
}
