import { afterEach, describe, expect, it, vi } from "vitest";
import { type TailOptions, tailLogGroup } from "../../../adapters/aws/logs.ts";
import { failureOf } from "../../support/failure.ts";
import {
  jsonError,
  type Script,
  type ScriptedReply,
  scriptedAws,
  testSession,
} from "./scripted-aws.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const NOW = 1_800_000_000_000;
const GROUP = "/aws/lambda/iris";

const event = (id: number, message: string, timestamp = NOW - 1000 + id) => ({
  eventId: `e${id}`,
  timestamp,
  message,
});
const page = (...events: object[]): ScriptedReply => ({ body: { events } });

async function lines(script: Script, options: Partial<TailOptions> = {}): Promise<string[]> {
  await using _aws = await scriptedAws((action, parameters) =>
    action === "FilterLogEvents" ? script(action, parameters) : undefined,
  );
  const session = await testSession();
  return await Array.fromAsync(tailLogGroup(session, { group: GROUP, now: () => NOW, ...options }));
}

describe("tailLogGroup", () => {
  it("reads all pages of the last hour, a line for each line of an event", async () => {
    const asked: unknown[] = [];
    const all = await lines((_action, parameters) => {
      asked.push(parameters);
      return parameters["nextToken"] === undefined
        ? { body: { events: [event(1, "one\n")], nextToken: "2" } }
        : page(event(2, "two\n  at three\n"));
    });
    expect(all).toEqual(["one", "two", "  at three"]);
    const first = { logGroupName: GROUP, startTime: NOW - 3_600_000 };
    expect(asked).toEqual([first, { ...first, nextToken: "2" }]);
  });

  it("keeps the last lines", async () => {
    expect(
      await lines(() => page(event(1, "one"), event(2, "two"), event(3, "three")), { tail: 2 }),
    ).toEqual(["two", "three"]);
  });

  it("asks for streams by their prefix, from a given time on", async () => {
    let asked: unknown;
    await lines(
      (_action, parameters) => {
        asked = parameters;
        return page();
      },
      { streamPrefix: "2026/11/21/[7]", since: 5 },
    );
    expect(asked).toEqual({
      logGroupName: GROUP,
      logStreamNamePrefix: "2026/11/21/[7]",
      startTime: 5,
    });
  });

  it("has no lines where there is no group", async () => {
    const missing = () =>
      jsonError("ResourceNotFoundException", "The specified log group does not exist.");
    expect(await lines(missing)).toEqual([]);
  });

  it("follows until the signal, tells each event once, late ones too", async () => {
    const stop = new AbortController();
    const pages = [
      page(event(1, "one"), event(5, "five")),
      page(event(1, "one"), event(3, "three, late"), event(5, "five")),
      page(event(5, "five"), event(6, "six")),
    ];
    const sleeps: number[] = [];
    const all = await lines(() => pages.shift() ?? page(), {
      follow: true,
      signal: stop.signal,
      async sleep(ms, signal) {
        sleeps.push(ms);
        if (pages.length === 0) {
          stop.abort();
        }
        signal?.throwIfAborted();
      },
    });
    expect(all).toEqual(["one", "five", "three, late", "six"]);
    expect(sleeps).toEqual([2000, 2000, 2000]);
  });

  it("names the permission that is missing", async () => {
    const denied = () =>
      jsonError(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/iris:log-stream: because no identity-based policy allows it",
      );
    expect(await failureOf(() => lines(denied))).toMatchObject({
      code: "BENTO_PLATFORM",
      message:
        "not allowed: logs:FilterLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/iris:log-stream:",
    });
  });
});
