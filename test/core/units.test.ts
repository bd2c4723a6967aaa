import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, parseMemory } from "../../core/units.ts";
import { caught } from "../support/caught.ts";

describe("parseMemory", () => {
  it.each([
    ["1", 1],
    ["128974848", 128_974_848],
    ["129k", 129_000],
    ["129M", 129_000_000],
    ["1.5G", 1_500_000_000],
    ["2T", 2e12],
    ["123Ki", 125_952],
    ["512Mi", 536_870_912],
    ["1Gi", 1_073_741_824],
    ["0.5Gi", 536_870_912],
    ["1Ti", 1_099_511_627_776],
    ["0.3Ki", 307],
  ])("reads %s", (text, bytes) => {
    expect(parseMemory(text)).toBe(bytes);
  });

  it.each([
    "",
    "0",
    "0Gi",
    "0.4",
    "-1Gi",
    "1 Gi",
    "1GB",
    "1gb",
    "512m",
    "1K",
    "Gi",
    "1e9",
    ".5Gi",
    "1.Gi",
    "1,5Gi",
    "NaN",
    "Infinity",
    `${"9".repeat(400)}Ti`,
  ])("rejects %j", (text) => {
    expect(caught(() => parseMemory(text))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `not an amount of memory: ${JSON.stringify(text)}`,
      hint: "write it with a unit, e.g. 512Mi or 1Gi",
    });
  });

  it("gives whole bytes from 1 for whatever it reads", () => {
    const units = fc.constantFrom("", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8000 }), units, (amount, unit) => {
        const bytes = parseMemory(`${amount}${unit}`);
        expect(Number.isSafeInteger(bytes) && bytes >= amount).toBe(true);
      }),
    );
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [12_345, "12.3 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [157_286_400, "157 MB"],
    [4_294_967_296, "4.3 GB"],
    [5e12, "5.0 TB"],
    [5e15, "5000 TB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0.0 ms"],
    [0.42, "0.4 ms"],
    [9.94, "9.9 ms"],
    [9.96, "10 ms"],
    [12.3, "12 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [3200, "3.2 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [119_600, "2 min 0 s"],
    [125_000, "2 min 5 s"],
    [3_600_000, "60 min 0 s"],
  ])("writes %d ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
