import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io, service } from "../../core/index.ts";
import { type OpenapiDocument, openapiDocument } from "../../core/openapi.ts";
import { schemaJson } from "../../core/schema-json.ts";

const Tree: z.ZodType = z.object({
  value: z.number(),
  get children() {
    return z.array(Tree);
  },
});
const Shared = z.object({ a: z.string() }).meta({ id: "Shared" });

const { definition } = service({
  name: "all",
  description: "All kinds.",
  traffic: { maxConcurrency: 4 },
  apis: ({ api, batch }) => ({
    classify: batch({
      description: "Classify.",
      parameter: "features",
      row: io.tensor("float32", [4]),
      result: z.enum(["a", "b"]),
      run: () => [],
    }),
    item: batch({
      parameter: "x",
      per: "item",
      row: z.number(),
      result: z.date(),
      run: () => [],
    }),
    dates: api({
      input: {
        at: z.codec(z.iso.datetime(), z.date(), {
          decode: (text) => new Date(text),
          encode: (date) => date.toISOString(),
        }),
        days: z.number().default(1),
      },
      output: z.record(z.enum(["x", "y"]), z.number()),
      run: () => ({ x: 1, y: 2 }),
    }),
    tree: api({ input: { tree: Tree, one: Shared, two: Shared }, output: Tree, run: () => 1 }),
  }),
});

const document = openapiDocument(definition, { version: "v7" });

/** What OpenAPI 3.1 asks of a document, as far as ours goes. */
const Header = z.strictObject({ description: z.string(), schema: z.looseObject({}) });
const Content = z.record(
  z.enum(["application/json", "text/html"]),
  z.strictObject({ schema: z.looseObject({}) }),
);
const Response = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), Header).optional(),
  content: z.partialRecord(z.enum(["application/json", "text/html"]), Content.valueType).optional(),
});
const Operation = z.strictObject({
  operationId: z.string().regex(/^[A-Za-z_][\w-]*$/),
  tags: z.array(z.string()),
  summary: z.string().optional(),
  requestBody: z
    .strictObject({
      required: z.boolean(),
      content: z.partialRecord(z.literal("application/json"), Content.valueType),
    })
    .optional(),
  responses: z.record(z.string().regex(/^(?:[1-5]\d\d|default)$/), Response),
});
const Document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string().optional(),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string().startsWith("/"), z.partialRecord(z.enum(["get", "post"]), Operation)),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/), z.looseObject({})),
  }),
});

function everyReference(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) =>
    key === "$ref" ? [String(item)] : everyReference(item),
  );
}

const bodyOf = (api: string, from: OpenapiDocument = document) =>
  from.paths[`/${api}`]?.["post"]?.requestBody?.content["application/json"]?.schema;
const answerOf = (api: string, from: OpenapiDocument = document) =>
  from.paths[`/${api}`]?.["post"]?.responses["200"]?.content?.["application/json"]?.schema;

describe("openapiDocument", () => {
  it("is an OpenAPI 3.1 document", () => {
    expect(Document.parse(document)).toEqual(document);
  });

  it("is the same each time, and plain JSON", () => {
    const again = openapiDocument(definition, { version: "v7" });
    expect(JSON.stringify(again)).toBe(JSON.stringify(document));
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it("refers to nothing that is not in it", () => {
    const names = Object.keys(document.components.schemas);
    const references = new Set(everyReference(document));
    expect([...references].filter((text) => !names.includes(text.split("/").at(-1) ?? ""))).toEqual(
      [],
    );
    expect([...references].every((text) => text.startsWith("#/components/schemas/"))).toBe(true);
    expect(names).toEqual([
      "Error",
      "tree_request___schema0",
      "tree_request_Shared",
      "tree_answer",
    ]);
  });

  it("has an operation id of its own for each operation", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("lists every status of an api, 429 only where the service limits its concurrency", () => {
    const statuses = (from: OpenapiDocument) =>
      Object.keys(from.paths["/dates"]?.["post"]?.responses ?? {});
    expect(statuses(document)).toEqual([
      "200",
      "400",
      "413",
      "415",
      "429",
      "500",
      "503",
      "504",
      "default",
    ]);
    expect(statuses(openapiDocument({ ...definition, traffic: {} }))).not.toContain("429");
  });

  it("describes the wire: tensors as lists, codecs by their outer side, defaults as optional", () => {
    expect(bodyOf("dates")).toEqual({
      type: "object",
      properties: {
        at: { type: "string", format: "date-time", pattern: expect.any(String) },
        days: { type: "number", default: 1 },
      },
      required: ["at"],
      additionalProperties: false,
    });
    expect(bodyOf("classify")).toEqual({
      type: "object",
      properties: {
        features: {
          type: "array",
          items: expect.objectContaining({ type: "array", minItems: 4, maxItems: 4 }),
        },
      },
      required: ["features"],
      additionalProperties: false,
    });
    expect(answerOf("classify")).toEqual({
      type: "array",
      items: { type: "string", enum: ["a", "b"] },
    });
    expect(bodyOf("item")).toMatchObject({ properties: { x: { type: "number" } } });
  });
});

describe("schemaJson", () => {
  it("lists the apis as BentoML's clients read them", () => {
    const schema = schemaJson(definition);
    expect(schema.routes.map(({ name, route, batchable }) => [name, route, batchable])).toEqual([
      ["classify", "/classify", true],
      ["item", "/item", true],
      ["dates", "/dates", false],
      ["tree", "/tree", false],
    ]);
    expect({ ...schema, routes: schema.routes.slice(0, 1) }).toEqual({
      name: "all",
      type: "service",
      description: "All kinds.",
      paths: {},
      routes: [
        {
          name: "classify",
          route: "/classify",
          description: "Classify.",
          batchable: true,
          input: bodyOf("classify"),
          output: {
            type: "array",
            items: { type: "string", enum: ["a", "b"] },
            is_stream: false,
            media_type: "application/json",
          },
          is_task: false,
        },
      ],
    });
  });
});
