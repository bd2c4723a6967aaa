import { afterEach, describe, expect, it, vi } from "vitest";
import { describeStack, readStack } from "../../../adapters/aws/stacks.ts";
import { watchStack } from "../../../adapters/aws/watch-stack.ts";
import { failureOf } from "../../support/failure.ts";
import { type ScriptedReply, scriptedAws, testSession } from "./scripted-aws.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/bento-iris/1";

function result(action: string, inner: string): ScriptedReply {
  return {
    body: `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${inner}</${action}Result></${action}Response>`,
  };
}

function stackIn(status: string): ScriptedReply {
  const stack = `<StackId>${ID}</StackId><StackName>bento-iris</StackName><StackStatus>${status}</StackStatus>`;
  return result("DescribeStacks", `<Stacks><member>${stack}</member></Stacks>`);
}

/** Newest first, as CloudFormation has them. */
function eventsOf(...statuses: readonly string[]): ScriptedReply {
  const members = statuses.map(
    (status) =>
      `<member><EventId>${status}</EventId><StackId>${ID}</StackId><PhysicalResourceId>${ID}</PhysicalResourceId><ResourceStatus>${status}</ResourceStatus></member>`,
  );
  return result("DescribeStackEvents", `<StackEvents>${members.join("")}</StackEvents>`);
}

async function watch(statuses: readonly string[], events: readonly ScriptedReply[]) {
  const [left, pages] = [[...statuses], [...events]];
  await using _aws = await scriptedAws((action) => {
    if (action === "DescribeStacks") {
      return stackIn((left.length > 1 ? left.shift() : left[0]) ?? "");
    }
    return action === "DescribeStackEvents"
      ? ((pages.length > 1 ? pages.shift() : pages[0]) ?? eventsOf())
      : undefined;
  });
  const session = await testSession();
  const stack = await describeStack(session, ID);
  if (stack === undefined) {
    throw new Error("no stack");
  }
  const options = { since: "OLD", pollMs: 1, onProgress: () => {} };
  const watched = await watchStack(session, stack, options);
  return { status: watched.stack.status, events: watched.events.map(({ status }) => status) };
}

describe("watchStack", () => {
  it("does not take the state before the work for its end", async () => {
    const states = ["CREATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"];
    const events = [
      eventsOf("OLD"),
      eventsOf("UPDATE_IN_PROGRESS", "OLD"),
      eventsOf("UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "OLD"),
    ];
    expect(await watch(states, events)).toEqual({
      status: "UPDATE_COMPLETE",
      events: ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"],
    });
  });

  it("does not wait for ever for events that do not come", async () => {
    expect(await watch(["CREATE_COMPLETE"], [eventsOf("OLD")])).toEqual({
      status: "CREATE_COMPLETE",
      events: [],
    });
  });
});

describe("readStack", () => {
  it("refuses a template that is none", async () => {
    await using _aws = await scriptedAws((action) => {
      if (action === "GetTemplate") {
        return result("GetTemplate", "<TemplateBody>Resources: [1, 2</TemplateBody>");
      }
      return action === "DescribeStacks" ? stackIn("CREATE_COMPLETE") : undefined;
    });
    const session = await testSession();
    expect(await failureOf(() => readStack(session, "bento-iris"))).toEqual({
      code: "BENTO_PLATFORM",
      message: "the stack's template cannot be read",
      where: ID,
      hint: "look at it with aws cloudformation get-template; bento reads what bento deployed",
    });
  });

  it("reads YAML with short forms", async () => {
    const template =
      "Metadata: {bentokit: {constructs: 1}}\nResources:\n  F:\n    Type: A::B::C\n    Properties: {Role: !GetAtt Role.Arn, Image: !Sub 'x'}";
    await using _aws = await scriptedAws((action) => {
      if (action === "GetTemplate") {
        return result("GetTemplate", `<TemplateBody>${template}</TemplateBody>`);
      }
      return action === "DescribeStacks" ? stackIn("CREATE_COMPLETE") : undefined;
    });
    const stack = await readStack(await testSession(), "bento-iris");
    expect(stack?.template).toEqual({
      Metadata: { bentokit: { constructs: 1 } },
      Resources: { F: { Type: "A::B::C", Properties: { Role: "Role.Arn", Image: "x" } } },
    });
  });
});
