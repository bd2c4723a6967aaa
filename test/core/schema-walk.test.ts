import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io } from "../../core/io.ts";
import { encodeProblem } from "../../core/schema-walk.ts";

const ONE_WAY = z.string().transform((text) => text.length);
const PROBLEM =
  "a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run";

interface Tree {
  readonly children: readonly Tree[];
}
const Tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => Tree)) });

const endless = (): z.ZodType => z.object({ next: z.lazy(endless) });

describe("encodeProblem", () => {
  it.each<[string, z.ZodType]>([
    ["itself", ONE_WAY],
    ["after a check", ONE_WAY.pipe(z.number().min(1))],
    ["from z.preprocess", z.preprocess(Number, z.number())],
    ["in an object", z.object({ a: ONE_WAY })],
    ["in an extended object", z.object({ a: z.string() }).extend({ b: ONE_WAY })],
    ["in a catchall", z.object({}).catchall(ONE_WAY)],
    ["in a list", z.array(ONE_WAY)],
    ["in a tuple", z.tuple([z.string(), ONE_WAY])],
    ["in the rest of a tuple", z.tuple([z.string()], ONE_WAY)],
    ["in a record", z.record(z.string(), ONE_WAY)],
    ["in a union", z.union([z.boolean(), ONE_WAY])],
    ["in an intersection", z.intersection(z.object({}), z.object({ a: ONE_WAY }))],
    ["behind a default", ONE_WAY.default(1)],
    ["where it is optional", ONE_WAY.optional()],
    ["behind nullable and readonly", ONE_WAY.nullable().readonly()],
    ["in a lazy schema", z.lazy(() => ONE_WAY)],
    ["deep down", z.object({ a: z.array(z.union([z.null(), z.object({ b: ONE_WAY })])) })],
  ])("finds a transform %s", (_, schema) => {
    expect(encodeProblem(schema)).toBe(PROBLEM);
    expect(() => z.encode(z.object({ schema }), { schema: 1 } as never)).toThrow();
  });

  it.each<[string, z.ZodType]>([
    ["plain data", z.object({ a: z.array(z.record(z.string(), z.number().nullable())) })],
    ["a codec", z.codec(z.string(), z.number(), { decode: Number, encode: String })],
    ["a tensor", z.object({ scores: io.tensor("float32", ["n", 3]) })],
    ["z.stringbool", z.stringbool()],
    ["what keeps the type of a text", z.string().trim().toLowerCase()],
    ["a default", z.number().default(0)],
    ["a check of the user's own", z.number().refine((value) => value > 0)],
    ["a schema within itself", Tree],
    ["schemas without end", endless()],
  ])("has nothing against %s", (_, schema) => {
    expect(encodeProblem(schema)).toBeUndefined();
  });
});
