/**
 * CloudFormation's actions that change stacks without a change set.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { isTrue, needText, textsOf } from "../members.ts";
import { canonicalOutputs } from "./canonical-outputs.ts";
import { changeList } from "./change-list.ts";
import { checkRole } from "./check-role.ts";
import type { StackAction } from "./cloudformation-service.ts";
import { checkName, checkUpdatable, findStack, stackNamed } from "./find-stack.ts";
import { readTarget } from "./read-target.ts";
import { startDelete, startDeploy, startRollback } from "./stack-run.ts";
import { newStack } from "./stack-state.ts";
import { invalid } from "./template.ts";

export const stackActions: Readonly<Record<string, StackAction>> = {
  async CreateStack(parameters, { world, request }) {
    const name = needText(parameters, "StackName");
    checkName(name, "stackName");
    await checkRole(parameters, world);
    const found = stackNamed(name, world);
    if (found !== undefined) {
      throw new AwsFailure("AlreadyExistsException", `Stack [${name}] already exists`);
    }
    const target = readTarget(parameters, undefined, world);
    const { account, region } = world.dispatcher;
    const stack = newStack(name, { account, region, principal: request.principal });
    stack.disablesRollback = isTrue(parameters, "DisableRollback");
    stack.isProtected = isTrue(parameters, "EnableTerminationProtection");
    world.stacks.set(stack.id, stack);
    void startDeploy(stack, { target, kind: "CREATE", world, principal: request.principal });
    return { StackId: stack.id };
  },
  async UpdateStack(parameters, { world, request }) {
    const stack = findStack(parameters, world);
    await checkRole(parameters, world);
    checkUpdatable(stack);
    const target = readTarget(parameters, stack, world);
    const isSame =
      stack.target !== undefined && canonicalOutputs(stack.target) === canonicalOutputs(target);
    if (changeList(stack, target, world).length === 0 && isSame) {
      throw invalid("No updates are to be performed.");
    }
    stack.disablesRollback = isTrue(parameters, "DisableRollback");
    void startDeploy(stack, { target, kind: "UPDATE", world, principal: request.principal });
    return { StackId: stack.id };
  },
  DeleteStack(parameters, { world, request }) {
    const stack = stackNamed(needText(parameters, "StackName"), world);
    if (stack === undefined || stack.deletedAt !== undefined) {
      return {};
    }
    if (stack.isProtected) {
      throw invalid(
        `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
      );
    }
    if (stack.status.endsWith("_IN_PROGRESS") && stack.status !== "REVIEW_IN_PROGRESS") {
      throw invalid(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
    }
    const retained = stack.status === "DELETE_FAILED" ? textsOf(parameters, "RetainResources") : [];
    startDelete(stack, { principal: request.principal, world, retained });
    return {};
  },
  RollbackStack: (parameters, context) => rollBack(parameters, context, "ROLLBACK"),
  ContinueUpdateRollback: (parameters, context) => rollBack(parameters, context, "UPDATE_ROLLBACK"),
  CancelUpdateStack(parameters, { world }) {
    const stack = findStack(parameters, world);
    throw invalid(`CancelUpdateStack cannot be called from current stack status ${stack.status}`);
  },
  UpdateTerminationProtection(parameters, { world }) {
    const stack = findStack(parameters, world);
    stack.isProtected = isTrue(parameters, "EnableTerminationProtection");
    return { StackId: stack.id };
  },
};

/** Only what failed can be rolled back by hand. */
function rollBack(
  parameters: Members,
  { world, request }: Parameters<StackAction>[1],
  wanted: "ROLLBACK" | "UPDATE_ROLLBACK",
): Members {
  const stack = findStack(parameters, world);
  const fits = wanted === "ROLLBACK" ? /^(?:CREATE|UPDATE)_FAILED$/ : /^UPDATE_ROLLBACK_FAILED$/;
  if (!fits.test(stack.status)) {
    throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
  }
  const prefix = stack.status === "CREATE_FAILED" ? "ROLLBACK" : "UPDATE_ROLLBACK";
  startRollback(stack, {
    principal: request.principal,
    skipped: textsOf(parameters, "ResourcesToSkip"),
    prefix,
  });
  return { StackId: stack.id };
}
