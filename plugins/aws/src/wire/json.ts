import { isRotateError, Secret, type HttpAnswer, type Refusals } from "@rotate/plugin-kit";
import { type AwsKey, signPost } from "@rotate/plugin-kit/tokens";
import type { AwsContext } from "../options.ts";
import { refusal, saidBy } from "../refusal.ts";
import { endpointOf, regionOf, type Service } from "../region.ts";

/** A service of the JSON protocol 1.1. */
export interface JsonService {
  readonly service: Service;
  /** Before the action in `x-amz-target`. */
  readonly target: string;
  /** What it refuses, before what all services do. */
  readonly refusals: Refusals;
}

/** One call. */
export interface JsonCall {
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly key: AwsKey & { readonly region: string | undefined };
  /** Default: that of the spec, the environment, the profile. */
  readonly region?: string | undefined;
}

/** Sends a call, signed; any status is an answer. */
export async function sendJson({ service, target }: JsonService, call: JsonCall, ctx: AwsContext): Promise<HttpAnswer> {
  const { action, key } = call;
  const { url, region } = endpointOf(service, call.region ?? regionOf(ctx, key.region), ctx);
  const body = JSON.stringify(call.body);
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` };
  const signed = signPost({ url, headers, body }, key, { service, region, now: ctx.now() });
  return ctx.http(url, { headers: signed, body: new Secret(body, "request") });
}

/** The same, and a success. Throws what its refusal means, and no word of the request. */
export async function callJson(of: JsonService, call: JsonCall, ctx: AwsContext): Promise<HttpAnswer> {
  const answer = await sendJson(of, call, ctx);
  if (answer.ok) return answer;
  throw refusal(`${call.action} was refused`, answer, { now: ctx.now, own: of.refusals });
}

/** The code of an error answer: `ResourceNotFoundException`. */
export function codeOf(answer: HttpAnswer): string {
  return saidBy(answer).code ?? "";
}

/** Undefined where the service says that there is no such thing. */
export async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isRotateError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
