/**
 * What no template of ours may hold: a right to every action, an endpoint that the world reaches, something to upload
 * or a program that runs while it deploys, more text than CloudFormation takes in a request.
 *
 * @module
 */
import * as z from "zod";
import type { Template } from "./synthesize.ts";

/** The CLI sends templates inline: the CDK's limit is 50 KiB, and a stack has room to grow. */
const MAX_TEMPLATE_BYTES = 40 * 1024;

const list = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item.transform((one) => [one])]);

const Statement = z.looseObject({
  Effect: z.string(),
  Action: list(z.string()).default([]),
  NotAction: z.unknown().optional(),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
type Statement = z.infer<typeof Statement>;

const Document = z.looseObject({ Version: z.string().optional(), Statement: list(Statement) });

/** @returns a line for each, empty when all is well */
export function templateProblems(name: string, text: string, template: Template): string[] {
  const bytes = Buffer.byteLength(text);
  return [
    ...(bytes > MAX_TEMPLATE_BYTES ? [`${name}: ${bytes} bytes`] : []),
    ...Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
      resourceProblems(Type, Properties).map((problem) => `${name}/${id}: ${problem}`),
    ),
  ];
}

function resourceProblems(type: string, properties: Readonly<Record<string, unknown>>): string[] {
  const statements = documentsIn(properties).flatMap((document) => document.Statement);
  return [
    ...(/^Custom::|^AWS::CloudFormation::CustomResource$/.test(type) ? ["custom resource"] : []),
    ...statements.flatMap(statementProblems),
    ...publicEndpoints(type, properties),
  ];
}

/** Refusals may name everything; what allows may not. */
function statementProblems({ Effect, Action, NotAction, Principal }: Statement): string[] {
  if (Effect !== "Allow") {
    return [];
  }
  const wide = Action.filter((action) => action.includes("*"));
  const isForAll = JSON.stringify(Principal ?? null).includes('"*"');
  return [
    ...wide.map((action) => `allows ${action}`),
    ...(NotAction === undefined ? [] : ["allows all but NotAction"]),
    ...(isForAll ? [`allows everybody ${Action.join(", ")}`] : []),
  ];
}

const Ingress = z.looseObject({ CidrIp: z.unknown().optional(), CidrIpv6: z.unknown().optional() });

function publicEndpoints(type: string, properties: Readonly<Record<string, unknown>>): string[] {
  const rules =
    type === "AWS::EC2::SecurityGroup"
      ? z.array(Ingress).parse(properties["SecurityGroupIngress"] ?? [])
      : type === "AWS::EC2::SecurityGroupIngress"
        ? [Ingress.parse(properties)]
        : [];
  const isOpen = rules.some(
    ({ CidrIp, CidrIpv6 }) => CidrIp === "0.0.0.0/0" || CidrIpv6 === "::/0",
  );
  const isFacingOut =
    type === "AWS::ElasticLoadBalancingV2::LoadBalancer" && properties["Scheme"] !== "internal";
  return [
    ...(type === "AWS::Lambda::Url" && properties["AuthType"] !== "AWS_IAM"
      ? ["function URL without authorisation"]
      : []),
    ...(type === "AWS::Lambda::Permission" && properties["Principal"] === "*"
      ? ["everybody may invoke"]
      : []),
    ...(isOpen ? ["takes connections from everywhere"] : []),
    ...(isFacingOut ? ["load balancer that faces the internet"] : []),
    ...(type === "AWS::S3::Bucket" && !blocksPublicAccess(properties)
      ? ["bucket without a block of public access"]
      : []),
    ...(properties["AssignPublicIp"] === "ENABLED" ? ["public address"] : []),
  ];
}

function blocksPublicAccess(properties: Readonly<Record<string, unknown>>): boolean {
  const block = properties["PublicAccessBlockConfiguration"];
  return z
    .strictObject({
      BlockPublicAcls: z.literal(true),
      BlockPublicPolicy: z.literal(true),
      IgnorePublicAcls: z.literal(true),
      RestrictPublicBuckets: z.literal(true),
    })
    .safeParse(block).success;
}

/** Policy documents anywhere in a value. */
function documentsIn(value: unknown): z.infer<typeof Document>[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const parsed = Array.isArray(value) ? undefined : Document.safeParse(value);
  return parsed?.success === true ? [parsed.data] : Object.values(value).flatMap(documentsIn);
}
