/**
 * What a deploy asks of its platform against what the platform declares: the one place where "it cannot" is decided, at
 * plan time, before anything is written.
 *
 * @module
 */
import type { Adapter, Capabilities, Missing } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { PlannedImage } from "../core/plan.ts";
import { formatTag } from "../core/tag.ts";

export type Need = Exclude<keyof Capabilities, "runs" | "inheritsEnvironment">;

/** Of what a platform does not speak. */
function unspoken(platform: string): Missing {
  return {
    missing: `${platform} takes no secrets by reference`,
    instead: "give the variable in clear with --set-env, or let the service read the secret itself",
  };
}

/**
 * @throws BentoError BENTO_UNSUPPORTED with every need that is not met, and what to do instead
 */
export function refuseUnmet({ platform, capabilities }: Adapter, needs: readonly Need[]): void {
  const unmet = needs.flatMap((need) => {
    const capability = capabilities[need] ?? unspoken(platform);
    return capability === true ? [] : [capability];
  });
  if (unmet.length > 0) {
    throw new BentoError("BENTO_UNSUPPORTED", unmet.map(({ missing }) => missing).join("\n"), {
      where: `platform ${platform}`,
      hint: unmet.map(({ instead }) => instead).join("; "),
    });
  }
}

/**
 * Whether a platform starts a deployment from its image.
 *
 * @param options - the platform's own, parsed
 */
export function runsImage(adapter: Adapter, options: unknown): boolean {
  const { runs } = adapter.capabilities;
  return runs === "either" ? adapter.runsImage?.(options) === true : runs === "image";
}

/**
 * The image to plan with: none where the platform runs the bento itself.
 *
 * @param options - the platform's own, parsed
 * @throws BentoError BENTO_USAGE when the platform needs one
 */
export function imageFor(
  adapter: Adapter,
  options: unknown,
  { manifest, image }: { manifest: BentoManifest; image: PlannedImage | undefined },
): PlannedImage | undefined {
  if (!runsImage(adapter, options)) {
    return undefined;
  }
  if (image === undefined) {
    throw new BentoError("BENTO_USAGE", `${adapter.platform} deploys an image, and none is given`, {
      where: formatTag(manifest),
      hint: `make one: bento containerize ${formatTag(manifest)} --output oci:DIR, then give it: --image oci:DIR`,
    });
  }
  return image;
}

/**
 * Names that the bento declares and that only the caller's environment sets, sorted.
 *
 * @throws BentoError BENTO_USAGE for a declared variable that nothing sets
 */
export function inheritedVariables(
  { capabilities }: Adapter,
  manifest: BentoManifest,
  {
    variables,
    ambient,
  }: {
    /** Given in clear or by reference. */
    variables: Readonly<Record<string, string>>;
    ambient: Readonly<Record<string, string | undefined>>;
  },
): string[] {
  const given = { ...manifest.docker.env, ...variables };
  const open = manifest.env.filter((name) => given[name] === undefined).sort();
  const inherited = open.filter(
    (name) => capabilities.inheritsEnvironment && ambient[name] !== undefined,
  );
  const unset = open.filter((name) => !inherited.includes(name));
  if (unset.length > 0) {
    const what = `environment variable${unset.length === 1 ? "" : "s"} ${unset.join(", ")}`;
    throw new BentoError("BENTO_USAGE", `the bento needs the ${what}, which nothing sets`, {
      where: formatTag(manifest),
      hint: unset.map((name) => `--set-env ${name}=…`).join(" "),
    });
  }
  return inherited;
}
