/**
 * A batch of messages from a queue. Bodies are those of an api; where it takes rows, the rows of all messages go as one, so
 * that what the queue has gathered is one batch. A message that cannot be answered is reported alone, to come again.
 *
 * @module
 */
import type { ServiceDefinition } from "../../core/service.ts";
import { fieldsOf, listOf, textOf } from "./event-fields.ts";

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  /** In the order of a queue that keeps one; undefined elsewhere. */
  readonly group: string | undefined;
  /** The message's attribute `api`. */
  readonly api: string | undefined;
}

/** @returns undefined for what is no event of a queue */
export function readQueueEvent(event: unknown): readonly QueueRecord[] | undefined {
  const records = listOf(fieldsOf(event)["Records"]).map(fieldsOf);
  if (records.length === 0 || records.some((one) => one["eventSource"] !== "aws:sqs")) {
    return undefined;
  }
  return records.map((fields) => ({
    messageId: textOf(fields["messageId"]) ?? "",
    body: textOf(fields["body"]) ?? "",
    group: textOf(fieldsOf(fields["attributes"])["MessageGroupId"]),
    api: textOf(fieldsOf(fieldsOf(fields["messageAttributes"])["api"])["stringValue"]),
  }));
}

export interface AnswerRecordsOptions {
  readonly definition: Pick<ServiceDefinition, "apis">;
  /** For messages that name none. @default the only api */
  readonly defaultApi: string | undefined;
  /**
   * Sends a body to an api.
   *
   * @param id - names the request in logs
   * @returns whether it was answered with success
   */
  send(api: string, body: string, id: string): Promise<boolean>;
  /** Told of a message whose api cannot be told. */
  onUnknown(messageId: string): void;
}

/** @returns the ids of the messages that failed, in their order */
export async function answerRecords(
  records: readonly QueueRecord[],
  options: AnswerRecordsOptions,
): Promise<readonly string[]> {
  const { definition, defaultApi, onUnknown } = options;
  const names = Object.keys(definition.apis);
  const fallback = defaultApi ?? (names.length === 1 ? names[0] : undefined);
  const byApi = Map.groupBy(records, (record) => record.api ?? fallback);
  const failed = new Set<string>();
  const working = [...byApi].map(async ([api, own]) => {
    if (api === undefined || !Object.hasOwn(definition.apis, api)) {
      for (const { messageId } of own) {
        onUnknown(messageId);
        failed.add(messageId);
      }
    } else if (!(await sendAsOne(api, own, options))) {
      await sendEach(api, own, { options, failed });
    }
  });
  await Promise.all(working);
  return records.flatMap(({ messageId }) => (failed.has(messageId) ? [messageId] : []));
}

/** @returns false where they cannot go as one, or one of them fails the others */
async function sendAsOne(
  api: string,
  records: readonly QueueRecord[],
  { definition, send }: AnswerRecordsOptions,
): Promise<boolean> {
  const endpoint = definition.apis[api];
  if (records.length === 1 || endpoint?.kind !== "batch" || endpoint.per === "item") {
    return false;
  }
  const { parameter } = endpoint;
  const rows = records.map(({ body }) => rowsOf(body, parameter));
  const all = rows.flatMap((own) => own ?? []);
  return rows.every((own) => own !== undefined)
    ? send(api, JSON.stringify({ [parameter]: all }), records[0]?.messageId ?? "")
    : false;
}

/** @returns undefined for a body that says anything else, which is told when it is sent alone */
function rowsOf(body: string, parameter: string): readonly unknown[] | undefined {
  try {
    const fields = fieldsOf(JSON.parse(body));
    const rows = fields[parameter];
    return Array.isArray(rows) && rows.length > 0 && Object.keys(fields).length === 1
      ? rows
      : undefined;
  } catch {
    return undefined;
  }
}

interface Sending {
  readonly options: AnswerRecordsOptions;
  /** Is added to. */
  readonly failed: Set<string>;
}

/** All at once, but for those of one group: of them, whatever follows a failed one has to wait for it. */
async function sendEach(
  api: string,
  records: readonly QueueRecord[],
  { options, failed }: Sending,
): Promise<void> {
  const lines = Map.groupBy(records, ({ group }, index) => group ?? index);
  const working = [...lines.values()].map(async (line) => {
    let isBroken = false;
    for (const { messageId, body } of line) {
      isBroken ||= !(await options.send(api, body, messageId));
      if (isBroken) {
        failed.add(messageId);
      }
    }
  });
  await Promise.all(working);
}
