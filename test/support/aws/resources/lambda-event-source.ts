/**
 * AWS::Lambda::EventSourceMapping.
 *
 * @module
 */
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaEventSource: ResourceProvider = {
  type: "AWS::Lambda::EventSourceMapping",
  replacedBy: ["EventSourceArn"],
  async create(properties, { call }) {
    const made = await call("lambda", "CreateEventSourceMapping", properties);
    const id = String(made["UUID"]);
    const attributes = { Id: id, EventSourceMappingArn: made["EventSourceMappingArn"] };
    return { physicalId: id, attributes };
  },
  async update(existing, properties, { call }) {
    const UUID = existing.physicalId;
    await call("lambda", "UpdateEventSourceMapping", { ...properties, UUID });
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("lambda", "DeleteEventSourceMapping", { UUID: physicalId }));
  },
};
