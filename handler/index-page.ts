/**
 * The page at `/`: what the service offers, for people. It needs nothing from anywhere else.
 *
 * @module
 */

import type { OpenapiDocument } from "../core/openapi.ts";
import type { ServiceDefinition } from "../core/service.ts";

/** One HTML page with every api, its schemas and a link to the OpenAPI document. */
export function indexPage(definition: ServiceDefinition, document: OpenapiDocument): string {
  const name = escapeHtml(definition.name);
  const apis = Object.entries(definition.apis).map(([api, { description }]) => {
    const operation = document.paths[`/${api}`]?.["post"];
    const request = operation?.requestBody?.content["application/json"]?.schema;
    const answer = operation?.responses["200"]?.content?.["application/json"]?.schema;
    return `<section>
<h2><code>POST /${escapeHtml(api)}</code></h2>
<p>${escapeHtml(description ?? "")}</p>
<details><summary>Request</summary><pre>${formatJson(request)}</pre></details>
<details><summary>Answer</summary><pre>${formatJson(answer)}</pre></details>
</section>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
pre { background: #f4f4f4; color: #222; padding: 0.75rem; overflow-x: auto; }
</style>
<h1>${name}</h1>
<p>${escapeHtml(definition.description ?? "")}</p>
<p><a href="docs.json">OpenAPI document</a> · <a href="schema.json">schema</a> · <a href="readyz">readiness</a></p>
${apis.join("\n")}
</html>
`;
}

function formatJson(value: unknown): string {
  return escapeHtml(JSON.stringify(value, undefined, 2) ?? "");
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
