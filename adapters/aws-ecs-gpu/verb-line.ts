/**
 * Command lines that errors and notices advise: they work as they are typed.
 *
 * @module
 */
import type { DeployContext } from "../adapter.ts";
import { AWS_ECS_GPU } from "./target.ts";

type Place = Pick<DeployContext, "name" | "environment">;

/** `bento deployment VERB NAME` for a deployment to ECS. */
export function verbLine(verb: string, { name, environment }: Place): string {
  return `bento deployment ${verb} ${name} --platform ${AWS_ECS_GPU}${flagOf(environment)}`;
}

/** `bento deploy TAG` to ECS. */
export function deployLine(tag: string, { environment }: Pick<Place, "environment">): string {
  return `bento deploy ${tag} --platform ${AWS_ECS_GPU}${flagOf(environment)}`;
}

function flagOf(environment: string): string {
  return environment === "default" ? "" : ` --env ${environment}`;
}
