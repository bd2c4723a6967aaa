/**
 * The platform `local`: a bento on this machine, run as its image would run it or from that very image, for trying a
 * deploy end to end without a cloud.
 *
 * @module
 */
import type { Adapter } from "../adapter.ts";
import { engineOf } from "./engines.ts";
import { knownProcess } from "./known-process.ts";
import type { LocalObserved } from "./local-process.ts";
import { LocalOptions } from "./options.ts";
import { LOCAL, planLocal } from "./plan.ts";
import { askReadiness } from "./readiness.ts";
import { localRollout } from "./rollout.ts";

export const localAdapter: Adapter<typeof LocalOptions, LocalObserved> = {
  platform: LOCAL,
  summary: "a process or container on this machine",
  options: LocalOptions,
  capabilities: {
    apply: true,
    emit: {
      missing: "local has nothing to write out",
      instead:
        "deploy with --platform local, or emit for a cloud: --platform aws-lambda --emit DIR",
    },
    multiRequest: true,
    gpu: {
      missing: "local runs on the CPU",
      instead: "leave resources.gpu out to try the service here",
    },
    scaleToZero: {
      missing: "local does not scale",
      instead: "deploy to aws-lambda to pay nothing between requests",
    },
    canary: {
      missing: "local gives all traffic to one process",
      instead: "leave --canary out; the old process runs on until the new one is verified",
    },
    runs: "either",
    inheritsEnvironment: true,
  },
  peers: [],
  nameLimit: 63,
  runsImage: ({ engine }) => engine !== "process",
  async observe(context) {
    const known = await knownProcess(context);
    if (known === undefined) {
      return undefined;
    }
    if (!(await engineOf(known).isAlive(known, context))) {
      return { process: known, isAlive: false, isReady: false, serves: undefined };
    }
    return { process: known, isAlive: true, ...(await askReadiness(known.url, context.signal)) };
  },
  plan: planLocal,
  rollout: localRollout,
};
