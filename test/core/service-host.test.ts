import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { type Service, service } from "../../core/service.ts";
import { type ServiceHost, setServiceHost } from "../../core/service-host.ts";

const answering: ServiceHost = async ({ name }) => {
  return async (request) => new Response(`${name} ${new URL(request.url).pathname}`);
};

let made: Service;

beforeEach(() => {
  made = service({
    name: "iris",
    apis: ({ api }) => ({ one: api({ input: {}, output: z.number(), run: () => 1 }) }),
  });
});

async function ask(asked: Service, path: string): Promise<string> {
  const answer = await asked.fetch(new Request(`http://service${path}`));
  return answer.text();
}

describe("service.fetch", () => {
  it("asks the host of this process", async () => {
    setServiceHost(answering);
    expect(await ask(made, "/one")).toBe("iris /one");
  });

  it("starts a service once, also for calls that come while it starts", async () => {
    const host = vi.fn(answering);
    setServiceHost(host);
    expect(await Promise.all([ask(made, "/one"), ask(made, "/two")])).toEqual([
      "iris /one",
      "iris /two",
    ]);
    await ask(made, "/three");
    expect(host.mock.calls).toEqual([[made.definition]]);
  });

  it("tries a start again that failed", async () => {
    const host = vi.fn(answering);
    host.mockRejectedValueOnce(new Error("no such model"));
    setServiceHost(host);
    await expect(made.fetch(new Request("http://service/"))).rejects.toThrow(
      new Error("no such model"),
    );
    expect(await ask(made, "/one")).toBe("iris /one");
  });

  it("starts services apart from each other", async () => {
    const host = vi.fn(answering);
    setServiceHost(host);
    const other = service({
      name: "other",
      apis: ({ api }) => ({ one: api({ input: {}, output: z.number(), run: () => 1 }) }),
    });
    expect([await ask(made, "/"), await ask(other, "/")]).toEqual(["iris /", "other /"]);
    expect(host).toHaveBeenCalledTimes(2);
  });
});
