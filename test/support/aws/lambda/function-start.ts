/**
 * How a version's image starts: the program and the variables that Lambda gives it.
 *
 * @module
 */
import { type ImageStart, imageStart } from "../../../../adapters/local/local-image.ts";
import type { InspectedImage } from "../../../../oci/inspect-image.ts";
import type { Members } from "../aws-call.ts";
import { asMembers, membersOf, textOf, textsOf } from "../members.ts";

/** The function's ImageConfig over the image's own. */
export function startOf(
  { config }: Pick<InspectedImage, "config">,
  settings: Members,
  variables: Readonly<Record<string, string>>,
): ImageStart {
  const given = membersOf(membersOf(settings, "ImageConfigResponse"), "ImageConfig");
  const [entry, command] = [textsOf(given, "EntryPoint"), textsOf(given, "Command")];
  const own = imageStart({ config }, variables);
  const run = asMembers(config.config);
  const image = { entry: textsOf(run, "Entrypoint"), command: textsOf(run, "Cmd") };
  return {
    ...own,
    command: [
      ...(entry.length > 0 ? entry : image.entry),
      ...(command.length > 0 ? command : image.command),
    ],
    directory: textOf(given, "WorkingDirectory") ?? own.directory,
  };
}

/** The function's own, and those of Lambda that tell it what it is. */
export function variablesOf({
  name,
  version,
  settings,
}: {
  name: string;
  version: string;
  settings: Members;
}): Record<string, string> {
  const given = membersOf(membersOf(settings, "Environment"), "Variables");
  const managed = membersOf(
    membersOf(settings, "CapacityProviderConfig"),
    "LambdaManagedInstancesCapacityProviderConfig",
  );
  const most = textOf(managed, "PerExecutionEnvironmentMaxConcurrency");
  return {
    ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings["MemorySize"]),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    LAMBDA_TASK_ROOT: "/var/task",
    TZ: ":UTC",
    ...(most === undefined ? {} : { AWS_LAMBDA_MAX_CONCURRENCY: most }),
  };
}
