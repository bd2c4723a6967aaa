/**
 * Resources that a service takes whole and that nothing else here looks into: alarms and dashboards.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const cloudWatchAlarm: ResourceProvider = {
  type: "AWS::CloudWatch::Alarm",
  replacedBy: ["AlarmName"],
  async create(properties, context) {
    const name = textOf(properties, "AlarmName") ?? context.uniqueName(255);
    await putAlarm(name, properties, context);
    const { partition, region, account } = context;
    const arn = `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`;
    return { physicalId: name, attributes: { Arn: arn } };
  },
  async update(existing, properties, context) {
    await putAlarm(existing.physicalId, properties, context);
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("monitoring", "DeleteAlarms", { AlarmNames: [physicalId] }));
  },
};

async function putAlarm(
  name: string,
  properties: Members,
  { call }: ResourceContext,
): Promise<void> {
  const { Tags: _, ...settings } = properties;
  await call("monitoring", "PutMetricAlarm", compact({ ...settings, AlarmName: name }));
}

export const cloudWatchDashboard: ResourceProvider = {
  type: "AWS::CloudWatch::Dashboard",
  replacedBy: ["DashboardName"],
  async create(properties, context) {
    const name = textOf(properties, "DashboardName") ?? context.uniqueName(255);
    await putDashboard(name, properties, context);
    return { physicalId: name, attributes: {} };
  },
  async update(existing, properties, context) {
    await putDashboard(existing.physicalId, properties, context);
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("monitoring", "DeleteDashboards", { DashboardNames: [physicalId] }));
  },
};

async function putDashboard(
  name: string,
  properties: Members,
  { call }: ResourceContext,
): Promise<void> {
  await call("monitoring", "PutDashboard", {
    DashboardName: name,
    DashboardBody: textOf(properties, "DashboardBody") ?? "{}",
  });
}
