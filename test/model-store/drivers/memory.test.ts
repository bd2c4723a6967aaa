import { describe, expect, it } from "vitest";
import { memoryDriver } from "../../../model-store/drivers/memory.ts";
import { describeDriver } from "../../support/driver-suite.ts";

describeDriver("memory", async () => memoryDriver());

describe("memoryDriver", () => {
  it("is a store of its own at each call", async () => {
    await using one = memoryDriver();
    await using other = memoryDriver();
    await one.put("a", Buffer.from("1"));
    expect(await other.get("a")).toBeUndefined();
    expect(one.url).toBe("memory://");
  });
});
