import { describe, expect, it } from "vitest";
import { stableNames } from "../../packager/stable-names.ts";

/** A bundle whose parts the bundler has called so. */
function bundle({ a, b, c }: { a: string; b: string; c: string }) {
  const file = (text: string) => Buffer.from(text);
  return new Map([
    ["service.js", file(`import "./chunk-${a}.js"; import "./chunk-${b}.js"; x-NOTAPART.js`)],
    [`chunk-${a}.js`, file(`import "./chunk-${b}.js"; 1;\n//# sourceMappingURL=chunk-${a}.js.map`)],
    [`chunk-${a}.js.map`, file(`{}`)],
    [`chunk-${b}.js`, file(`import("./later-${c}.js"); 1;`)],
    [`later-${c}.js`, file(`import "./chunk-${a}.js";`)],
  ]);
}

const texts = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));

describe("stableNames", () => {
  const here = stableNames(bundle({ a: "AAAAAAAA", b: "BBBBBBBB", c: "CCCCCCCC" }));

  it("gives the same files whatever the bundler called them", () => {
    const there = stableNames(bundle({ a: "ZZZZZZZ1", b: "YYYYYYY2", c: "XXXXXXX3" }));
    expect(texts(there)).toEqual(texts(here));
  });

  it("names parts by their content, and by that of the parts they name", () => {
    const names = [...here.keys()].map((path) => path.replace(/[0-9A-F]{8}/, "HASH"));
    expect(names).toEqual([
      "service.js",
      "chunk-HASH.js",
      "chunk-HASH.js.map",
      "chunk-HASH.js",
      "later-HASH.js",
    ]);
    const changed = bundle({ a: "AAAAAAAA", b: "BBBBBBBB", c: "CCCCCCCC" });
    changed.set("later-CCCCCCCC.js", Buffer.from(`import "./chunk-AAAAAAAA.js"; 2`));
    const before = new Set(here.keys());
    const same = [...stableNames(changed).keys()].filter((path) => before.has(path));
    expect(same).toEqual(["service.js"]);
  });

  it("keeps every name true", () => {
    for (const [path, text] of Object.entries(texts(here))) {
      for (const [, name = ""] of text.matchAll(/[ /=("]((?:chunk|later)-[^"]*?\.js(?:\.map)?)/g)) {
        expect([path, here.has(name)]).toEqual([path, true]);
      }
    }
    expect(texts(here)["service.js"]).toContain("x-NOTAPART.js");
  });
});
