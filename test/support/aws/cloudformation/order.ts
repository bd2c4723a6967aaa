/**
 * In which order resources are made: each after all that it needs.
 *
 * @module
 */
import type { TemplateResource } from "./template.ts";
import { invalid } from "./template.ts";

/** @throws AwsFailure ValidationError for a circle */
export function inOrder(
  resources: ReadonlyMap<string, TemplateResource>,
): readonly TemplateResource[] {
  const ordered = new Set<TemplateResource>();
  const visit = (resource: TemplateResource, above: readonly string[]) => {
    if (ordered.has(resource)) {
      return;
    }
    if (above.includes(resource.logicalId)) {
      throw invalid(`Circular dependency between resources: [${above.join(", ")}]`);
    }
    for (const id of resource.needs) {
      const needed = resources.get(id);
      if (needed !== undefined) {
        visit(needed, [...above, resource.logicalId]);
      }
    }
    ordered.add(resource);
  };
  for (const resource of resources.values()) {
    visit(resource, []);
  }
  return [...ordered];
}
