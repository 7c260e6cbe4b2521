import { isSecret, type HttpAnswer, Secret, type Text } from "@rotate/plugin-kit";
import { type AwsKey, signPost } from "@rotate/plugin-kit/tokens";
import { strangeAnswer } from "../fault.ts";
import type { AwsContext } from "../options.ts";
import { refusal } from "../refusal.ts";
import { endpointOf } from "../region.ts";
import { elementOf } from "./xml.ts";

/** One call of STS (Query protocol: form in, XML out). */
export interface StsCall {
  readonly action: string;
  /** What is undefined is left out. */
  readonly parameters: Readonly<Record<string, Text | undefined>>;
  /** Absent: the call is not signed (AssumeRoleWithWebIdentity). */
  readonly key?: AwsKey;
  readonly region: string;
}

/** Calls STS and gives the XML of its success. Throws what its refusal means: see refusal.ts. */
export async function callSts(call: StsCall, ctx: AwsContext): Promise<string> {
  const answer = await send(call, ctx);
  const { action } = call;
  if (!answer.ok) throw refusal(`${action} was refused`, answer, ctx);
  const xml = answer.text();
  if (xml.trimEnd().endsWith(`</${action}Response>`)) return xml;
  throw strangeAnswer(`${answer.status === 200 ? "what answered" : "the answer"} is not ${action}'s of STS`);
}

async function send({ action, parameters, key, region }: StsCall, ctx: AwsContext): Promise<HttpAnswer> {
  const endpoint = endpointOf("sts", region, ctx);
  const body = formBody({ Action: action, Version: "2011-06-15", ...parameters });
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const scope = { service: "sts", region: endpoint.region, now: ctx.now() };
  const signed = key === undefined ? headers : signPost({ url: endpoint.url, headers, body }, key, scope);
  return ctx.http(endpoint.url, { headers: signed, body: new Secret(body, "request") });
}

function formBody(parameters: Readonly<Record<string, Text | undefined>>): string {
  const texts = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, isSecret(value) ? value.reveal() : value]],
  );
  return new URLSearchParams(texts).toString();
}

/** What STS issued. */
export interface StsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  readonly expires: Date;
  /** `arn:aws:sts::123456789012:assumed-role/app/session`; GetSessionToken names none. */
  readonly arn: string | undefined;
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:?00)$/;

/** The credentials of an answer. Throws BAD_ANSWER when one of the four is missing or cannot be one. */
export function readCredentials(xml: string, ctx: AwsContext): StsCredentials {
  const required = (name: string, pattern: RegExp): string => {
    const text = elementOf(xml, name);
    if (text !== undefined && pattern.test(text)) return text;
    throw strangeAnswer(`the answer's ${name} is ${text === undefined ? "missing" : "not one"}`);
  };
  const accessKeyId = required("AccessKeyId", /^\w{16,128}$/);
  const secretAccessKey = ctx.secret(required("SecretAccessKey", /^[\x21-\x7e]+$/), "secretAccessKey");
  const sessionToken = ctx.secret(required("SessionToken", /^[\x21-\x7e]+$/), "sessionToken");
  const expires = new Date(required("Expiration", instant));
  return { accessKeyId, secretAccessKey, sessionToken, expires, arn: elementOf(xml, "Arn") };
}
