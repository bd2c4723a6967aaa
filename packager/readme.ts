/**
 * The README of a bento whose project has none.
 *
 * @module
 */
import type { ServiceDescription } from "./describe-service.ts";

/** Markdown that names the service, its apis and its models as asked for. */
export function bentoReadme(service: ServiceDescription): string {
  const apis = service.apis.map(
    (api) =>
      `- \`POST /${api.name}\`${api.description === undefined ? "" : `: ${api.description}`}`,
  );
  const models = service.models.map(
    (model) => `- \`${model.key}\`: ${model.tag ?? model.file ?? ""}`,
  );
  const parts = [
    `# ${service.name}`,
    ...(service.description === undefined ? [] : [service.description]),
    `## APIs\n\n${apis.join("\n")}`,
    ...(models.length === 0 ? [] : [`## Models\n\n${models.join("\n")}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}
