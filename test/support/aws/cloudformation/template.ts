/**
 * Templates as they arrive, YAML or JSON, and what CloudFormation says of those that it does not take.
 *
 * @module
 */
import { type CollectionTag, parse, type ScalarTag } from "yaml";
import { AwsFailure, type Members } from "../aws-call.ts";
import { asMembers, isMembers, membersOf, textOf } from "../members.ts";
import { inOrder } from "./order.ts";
import { referencesOf } from "./references.ts";

/** When a resource stays though its stack has it no more. */
export interface Retention {
  readonly onDelete: boolean;
  /** When what made it is rolled back. */
  readonly onRollback: boolean;
  readonly onReplace: boolean;
}

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Members;
  readonly condition: string | undefined;
  readonly retention: Retention;
  readonly metadata: unknown;
  /** Logical ids that must be there before. */
  readonly needs: readonly string[];
}

export interface Template {
  readonly document: Members;
  readonly resources: ReadonlyMap<string, TemplateResource>;
}

const MAX_BYTES = 51_200;

/** @throws AwsFailure ValidationError */
export function parseTemplate(body: string, knows: (type: string) => boolean): Template {
  if (Buffer.byteLength(body) > MAX_BYTES) {
    throw invalid(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_BYTES}`,
    );
  }
  const document = asMembers(read(body));
  const given = Object.entries(membersOf(document, "Resources"));
  if (given.length === 0) {
    throw invalid("Template format error: At least one Resources member must be defined.");
  }
  const resources = new Map(given.map(([id, value]) => [id, resourceOf(id, asMembers(value))]));
  const types = [...resources.values()].map(({ type }) => type).filter((type) => !knows(type));
  if (types.length > 0) {
    const all = [...new Set(types)].join(", ");
    throw invalid(`Template format error: Unrecognized resource types: [${all}]`);
  }
  checkReferences(document, resources);
  inOrder(resources); // refuses circles
  return { document, resources };
}

function resourceOf(logicalId: string, value: Members): TemplateResource {
  const properties = membersOf(value, "Properties");
  const given = value["DependsOn"];
  const depends =
    typeof given === "string" ? [given] : Array.isArray(given) ? given.map(String) : [];
  const policy = textOf(value, "DeletionPolicy");
  return {
    logicalId,
    type: textOf(value, "Type") ?? "",
    properties,
    condition: textOf(value, "Condition"),
    retention: {
      onDelete: policy === "Retain" || policy === "RetainExceptOnCreate",
      onRollback: policy === "Retain",
      onReplace: textOf(value, "UpdateReplacePolicy") === "Retain",
    },
    metadata: value["Metadata"],
    needs: [...new Set([...depends, ...referencesOf(properties)])],
  };
}

function checkReferences(
  document: Members,
  resources: ReadonlyMap<string, TemplateResource>,
): void {
  const parameters = membersOf(document, "Parameters");
  const known = (id: string) => resources.has(id) || id in parameters || id.startsWith("AWS::");
  const missing = [...resources.values()].flatMap(({ needs }) => needs.filter((id) => !known(id)));
  if (missing.length > 0) {
    const all = [...new Set(missing)].join(", ");
    throw invalid(
      `Template format error: Unresolved resource dependencies [${all}] in the Resources block of the template`,
    );
  }
}

function read(body: string): unknown {
  try {
    const document = parse(body, { customTags: SHORT_FORMS });
    if (isMembers(document)) {
      return document;
    }
  } catch (error) {
    throw invalid(`Template format error: YAML not well-formed. (${String(error)})`);
  }
  throw invalid("Template format error: unsupported structure.");
}

const NAMES = [
  "Base64",
  "Cidr",
  "FindInMap",
  "GetAZs",
  "ImportValue",
  "Join",
  "Select",
  "Split",
  "Sub",
  "And",
  "Equals",
  "If",
  "Not",
  "Or",
];

const SHORT_FORMS: (ScalarTag | CollectionTag)[] = [
  scalarTag("Ref", (text) => ({ Ref: text })),
  scalarTag("Condition", (text) => ({ Condition: text })),
  scalarTag("GetAtt", (text) => ({ "Fn::GetAtt": text.split(/\.(.*)/s).slice(0, 2) })),
  collectionTag("GetAtt"),
  ...NAMES.flatMap((name) => [
    scalarTag(name, (text) => ({ [`Fn::${name}`]: text })),
    collectionTag(name),
  ]),
];

function scalarTag(name: string, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `!${name}`, resolve };
}

function collectionTag(name: string): CollectionTag {
  return {
    tag: `!${name}`,
    collection: "seq",
    // biome-ignore lint/suspicious/noExplicitAny: the library's node is not typed further
    resolve: (node: any) => ({ [`Fn::${name}`]: node.toJSON() }),
  };
}

export function invalid(message: string): AwsFailure {
  return new AwsFailure("ValidationError", message);
}
