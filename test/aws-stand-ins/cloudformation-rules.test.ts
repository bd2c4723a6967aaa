import {
  CloudFormationClient,
  ContinueUpdateRollbackCommand,
  CreateChangeSetCommand,
  type CreateChangeSetCommandInput,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clientOptions } from "../support/aws/push-sample.ts";
import { type LoopbackAws, startAws } from "../support/aws/start-aws.ts";
import { skipWithout } from "../support/tools.ts";

const QUEUE = "AWS::SQS::Queue";

/** A stack of queues, by logical id. */
function queues(resources: Readonly<Record<string, object>>, more: object = {}): string {
  const all = Object.entries(resources).map(([id, Properties]) => [
    id,
    { Type: QUEUE, Properties },
  ]);
  return JSON.stringify({ Resources: Object.fromEntries(all), ...more });
}

describe.skipIf(skipWithout("moto_server", "docker-registry"))("CloudFormation's rules", () => {
  let aws: LoopbackAws;
  let formation: CloudFormationClient;
  beforeAll(async () => {
    aws = await startAws({ invoke: () => null });
    formation = new CloudFormationClient({ ...clientOptions(aws), maxAttempts: 1 });
  });
  afterEach(() => aws.clearFaults());
  afterAll(() => aws[Symbol.asyncDispose]());

  async function stackOf(StackName: string): Promise<Stack> {
    const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0] ?? ({} as Stack);
  }

  async function create(StackName: string, TemplateBody: string): Promise<Stack> {
    await formation.send(new CreateStackCommand({ StackName, TemplateBody }));
    return await stackOf(StackName);
  }

  async function update(StackName: string, TemplateBody: string): Promise<Stack> {
    await formation.send(new UpdateStackCommand({ StackName, TemplateBody }));
    return await stackOf(StackName);
  }

  async function changeSet(input: Partial<CreateChangeSetCommandInput>) {
    const names = { StackName: "refused", ChangeSetName: "bento-plan", ...input };
    await formation.send(new CreateChangeSetCommand(names));
    return await formation.send(new DescribeChangeSetCommand(names));
  }

  const refused = (input: Partial<CreateChangeSetCommandInput>) =>
    changeSet({ ChangeSetType: "CREATE", ...input }).then(
      () => "taken",
      (error: Error) => error.message,
    );

  it("refuses what AWS refuses", async () => {
    const body = queues({ A: {} });
    const role = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role";
    expect({
      url: await refused({ TemplateURL: "https://s3.amazonaws.com/template" }),
      role: await refused({ TemplateBody: body, RoleARN: role }),
      name: await refused({ TemplateBody: body, StackName: "no_name" }),
      large: await refused({
        TemplateBody: queues({ A: {} }, { Description: "x".repeat(51_200) }),
      }),
      type: await refused({ TemplateBody: '{"Resources":{"A":{"Type":"AWS::Nope::Thing"}}}' }),
      reference: await refused({ TemplateBody: queues({ A: { QueueName: { Ref: "B" } } }) }),
      circle: await refused({
        TemplateBody: queues({ A: { QueueName: { Ref: "B" } }, B: { QueueName: { Ref: "A" } } }),
      }),
      capability: await refused({
        TemplateBody: '{"Resources":{"A":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"x"}}}}',
      }),
      parameter: await refused({
        TemplateBody: queues({ A: {} }, { Parameters: { P: { Type: "String" } } }),
      }),
      update: await refused({ TemplateBody: body, ChangeSetType: "UPDATE" }),
    }).toMatchInlineSnapshot(`
      {
        "capability": "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        "circle": "Circular dependency between resources: [A, B]",
        "large": "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
        "name": "1 validation error detected: Value 'no_name' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        "parameter": "Parameters: [P] must have values",
        "reference": "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
        "role": "Role arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role is invalid or cannot be assumed",
        "type": "Template format error: Unrecognized resource types: [AWS::Nope::Thing]",
        "update": "Stack [refused] does not exist",
        "url": "S3 error: Access Denied. These stand-ins take no TemplateURL",
      }
    `);
  });

  it("tells a change set without changes in AWS's words", async () => {
    const body = queues({ A: {} }, { Metadata: { bentokit: 1 } });
    await create("same", body);
    const again = await changeSet({ StackName: "same", TemplateBody: body });
    const metadata = queues({ A: {} }, { Metadata: { bentokit: 2 } });
    const other = await changeSet({
      StackName: "same",
      TemplateBody: metadata,
      ChangeSetName: "b",
    });
    for (const { Status, StatusReason, ExecutionStatus } of [again, other]) {
      expect({ Status, StatusReason, ExecutionStatus }).toEqual({
        Status: "FAILED",
        StatusReason:
          "The submitted information didn't contain changes. Submit different information to create a change set.",
        ExecutionStatus: "UNAVAILABLE",
      });
    }
    await expect(update("same", body)).rejects.toThrow("No updates are to be performed.");
  });

  it("tells what a change set adds, modifies, replaces and removes", async () => {
    await create("diff", queues({ A: { VisibilityTimeout: 30 }, B: { QueueName: "b-1" }, C: {} }));
    const { Changes } = await changeSet({
      StackName: "diff",
      TemplateBody: queues({ A: { VisibilityTimeout: 60 }, B: { QueueName: "b-2" }, D: {} }),
    });
    const shown = Changes?.map(({ ResourceChange: change }) => [
      change?.Action,
      change?.LogicalResourceId,
      change?.Replacement,
      change?.Details?.[0]?.Target?.Name,
    ]);
    expect(shown).toEqual([
      ["Modify", "A", "False", "VisibilityTimeout"],
      ["Modify", "B", "True", "QueueName"],
      ["Add", "D", undefined, undefined],
      ["Remove", "C", undefined, undefined],
    ]);
  });

  it("uses a stack under review again, and executes a change set once", async () => {
    const input = { StackName: "review", ChangeSetType: "CREATE" as const };
    await changeSet({ ...input, TemplateBody: queues({ A: {} }), ChangeSetName: "stale" });
    expect((await stackOf("review")).StackStatus).toBe("REVIEW_IN_PROGRESS");
    await changeSet({ ...input, TemplateBody: queues({ B: {} }), ChangeSetName: "fresh" });
    const execute = (ChangeSetName: string) =>
      formation.send(new ExecuteChangeSetCommand({ StackName: "review", ChangeSetName }));
    await execute("fresh");
    expect((await stackOf("review")).StackStatus).toBe("CREATE_COMPLETE");
    await expect(execute("stale")).rejects.toThrow(/OBSOLETE/);
    await expect(execute("fresh")).rejects.toThrow(/EXECUTE_COMPLETE/);
  });

  it("updates no stack that was rolled back at its creation", async () => {
    aws.fail({ resource: "B", reason: "no" });
    const body = queues({ A: {}, B: {} });
    expect((await create("dead", body)).StackStatus).toBe("ROLLBACK_COMPLETE");
    await expect(changeSet({ StackName: "dead", TemplateBody: body })).rejects.toThrow(
      /is in ROLLBACK_COMPLETE state and can not be updated/,
    );
    await formation.send(new DeleteStackCommand({ StackName: "dead" }));
    expect((await create("dead", body)).StackStatus).toBe("CREATE_COMPLETE");
  });

  it("undoes in reverse, and goes on with a rollback that failed", async () => {
    await create("undo", queues({ A: { DelaySeconds: 1 }, B: { DelaySeconds: 1 } }));
    aws.fail({ resource: "C", reason: "no" });
    aws.fail({ resource: "A", reason: "stuck", operation: "update", nth: 2 });
    const body = queues({ A: { DelaySeconds: 2 }, B: { DelaySeconds: 2 }, C: {} });
    expect((await update("undo", body)).StackStatus).toBe("UPDATE_ROLLBACK_FAILED");
    await expect(update("undo", body)).rejects.toThrow(/UPDATE_ROLLBACK_FAILED/);
    await formation.send(new ContinueUpdateRollbackCommand({ StackName: "undo" }));
    expect((await stackOf("undo")).StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    const command = new DescribeStackEventsCommand({ StackName: "undo" });
    const { StackEvents = [] } = await formation.send(command);
    const told = StackEvents.map((e) => `${e.LogicalResourceId} ${e.ResourceStatus}`).toReversed();
    expect(told.slice(told.indexOf("undo UPDATE_IN_PROGRESS"))).toMatchInlineSnapshot(`
      [
        "undo UPDATE_IN_PROGRESS",
        "A UPDATE_IN_PROGRESS",
        "A UPDATE_COMPLETE",
        "B UPDATE_IN_PROGRESS",
        "B UPDATE_COMPLETE",
        "C CREATE_IN_PROGRESS",
        "C CREATE_FAILED",
        "undo UPDATE_ROLLBACK_IN_PROGRESS",
        "B UPDATE_IN_PROGRESS",
        "B UPDATE_COMPLETE",
        "A UPDATE_IN_PROGRESS",
        "A UPDATE_FAILED",
        "undo UPDATE_ROLLBACK_FAILED",
        "undo UPDATE_ROLLBACK_IN_PROGRESS",
        "A UPDATE_IN_PROGRESS",
        "A UPDATE_COMPLETE",
        "undo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "undo UPDATE_ROLLBACK_COMPLETE",
      ]
    `);
  });

  it("keeps a stack whose resource cannot be deleted, and lets go of what is retained", async () => {
    await create("sticky", queues({ A: {}, B: {} }));
    aws.fail({ resource: "A", operation: "delete", reason: "in use", times: 2 });
    await formation.send(new DeleteStackCommand({ StackName: "sticky" }));
    const { StackId, StackStatus, StackStatusReason } = await stackOf("sticky");
    expect([StackStatus, StackStatusReason]).toEqual([
      "DELETE_FAILED",
      "The following resource(s) failed to delete: [A]. ",
    ]);
    const retaining = { StackName: "sticky", RetainResources: ["A"] };
    await formation.send(new DeleteStackCommand(retaining));
    expect((await stackOf(StackId ?? "")).StackStatus).toBe("DELETE_COMPLETE");
  });

  it("resolves functions, conditions, parameters, mappings and imports", async () => {
    const exporting = {
      Outputs: { Out: { Value: "shared", Export: { Name: "the-name" } } },
    };
    await create("exporter", queues({ A: {} }, exporting));
    const body = `
Parameters: {Size: {Type: Number, Default: 5}, Names: {Type: CommaDelimitedList, Default: "x,y"}}
Mappings: {Limits: {small: {most: "7"}}}
Conditions: {IsBig: !Equals [!Ref Size, 9], IsSmall: !Not [!Condition IsBig]}
Resources:
  A: {Type: ${QUEUE}, Properties: {QueueName: !Sub "\${AWS::StackName}-\${Size}"}}
  B: {Type: ${QUEUE}, Condition: IsBig}
Outputs:
  Join: {Value: !Join ["-", [a, !Select [1, !Ref Names], !FindInMap [Limits, small, most]]]}
  Arn: {Value: !GetAtt A.Arn}
  If: {Value: !If [IsSmall, small, big]}
  Split: {Value: !Select [1, !Split ["|", "p|q"]]}
  Import: {Value: !ImportValue the-name}
  Big: {Condition: IsBig, Value: "never"}
  Account: {Value: !Sub ["\${x}@\${AWS::Region}", {x: !Ref "AWS::AccountId"}]}
`;
    const { Outputs = [], StackStatus, StackStatusReason } = await create("functions", body);
    expect([StackStatus, StackStatusReason]).toEqual(["CREATE_COMPLETE", undefined]);
    expect(Object.fromEntries(Outputs.map((one) => [one.OutputKey, one.OutputValue]))).toEqual({
      Join: "a-y-7",
      Arn: "arn:aws:sqs:eu-west-1:123456789012:functions-5",
      If: "small",
      Split: "q",
      Import: "shared",
      Account: "123456789012@eu-west-1",
    });
    const template = await formation.send(new GetTemplateCommand({ StackName: "functions" }));
    expect(template.TemplateBody).toBe(body);
  });

  it("keeps regions apart", async () => {
    await create("here", queues({ A: {} }));
    const elsewhere = new CloudFormationClient({ ...clientOptions(aws), region: "us-east-1" });
    const command = new DescribeStacksCommand({ StackName: "here" });
    await expect(elsewhere.send(command)).rejects.toThrow("Stack with id here does not exist");
  });
});
