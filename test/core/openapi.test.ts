import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
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
    double: api({
      input: { x: io.tensor("float32", ["n", 4]) },
      output: io.tensor("float32", ["n", 4]),
      run: ({ x }) => x,
    }),
    tree: api({ input: { tree: Tree, one: Shared, two: Shared }, output: Tree, run: () => 1 }),
  }),
});

const document = openapiDocument(definition, { version: "v7" });

function everyReference(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) =>
    key === "$ref" ? [String(item)] : everyReference(item),
  );
}

/** Each value under a key `schema`, and the document's own schemas. */
function everySchema(value: unknown): object[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) => [
    ...(key === "schema" ? [item] : []),
    ...(key === "schemas" ? Object.values(item) : []),
    ...everySchema(item),
  ]);
}

const bodyOf = (api: string, from: OpenapiDocument = document) =>
  from.paths[`/${api}`]?.["post"]?.requestBody?.content["application/json"]?.schema;
const answerOf = (api: string, from: OpenapiDocument = document) =>
  from.paths[`/${api}`]?.["post"]?.responses["200"]?.content?.["application/json"]?.schema;

describe("openapiDocument", () => {
  it("is an OpenAPI 3.1 document", async () => {
    const { errors, valid } = await new Validator().validate({ ...document });
    expect({ errors, valid }).toEqual({ errors: undefined, valid: true });
  });

  it("has no schema that JSON Schema 2020-12 forbids", async () => {
    const ajv = new Ajv2020({ strict: false });
    for (const schema of everySchema(document)) {
      await ajv.validateSchema(schema, true);
    }
    expect(everySchema(document).length).toBeGreaterThan(20);
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

  it("lists what an api made of tensors is called by the Open Inference Protocol", () => {
    const paths = Object.keys(document.paths).filter((path) => path.startsWith("/v2"));
    const root = "/v2/models/double";
    const own = [root, `${root}/versions/v7`].flatMap((path) => [
      path,
      `${path}/ready`,
      `${path}/infer`,
    ]);
    expect(paths).toEqual(["/v2", "/v2/health/live", "/v2/health/ready", ...own]);
    const { post } = document.paths[`${root}/infer`] ?? {};
    expect(Object.keys(post?.responses ?? {})).toEqual([
      ...["200", "400", "413", "415", "429", "500", "503", "504", "default"],
    ]);
    const types = ["application/json", "application/octet-stream"];
    expect(Object.keys(post?.requestBody?.content ?? {})).toEqual(types);
    expect(Object.keys(post?.responses["200"]?.content ?? {})).toEqual(types);
    const unbuilt = openapiDocument(definition);
    expect(Object.keys(unbuilt.paths).filter((path) => path.includes("/versions/"))).toEqual([]);
  });

  it("lists /metrics unless it is switched off", () => {
    expect(document.paths["/metrics"]?.["get"]?.responses["200"]?.content).toEqual({
      "text/plain; version=0.0.4": { schema: {} },
    });
    const silent = openapiDocument(definition, { hasMetrics: false });
    expect(silent.paths["/metrics"]).toBeUndefined();
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
      ["double", "/double", false],
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
