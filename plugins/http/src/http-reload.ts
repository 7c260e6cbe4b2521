import {
  type Context,
  defineReload,
  httpError,
  type Infer,
  type ObjectSchema,
  type ReloadEvent,
} from "@rotate/plugin-kit";
import { checkEncrypted, isExpected, parseUrl, requestInit, requestOptions, statusOptions } from "./request-options.ts";
import { redirected } from "./redirected.ts";
import { signature } from "./signature.ts";

const options = {
  type: "object",
  properties: {
    ...requestOptions,
    ...statusOptions,
    method: { enum: ["POST", "PUT", "PATCH"], default: "POST" },
    secret: {
      type: "string",
      secret: true,
      description: "Shared with the receiver; signs the body in `x-rotate-signature`.",
    },
    adopts: {
      type: "boolean",
      default: true,
      description:
        "Does success show that the consumer holds the new credential? Else the previous one is left to expire.",
    },
  },
  required: ["url"],
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** A webhook: posts what was rotated, as JSON without any secret, signed. */
export const httpReload = defineReload({
  type: "http",
  start: { title: "a URL is called" },
  options,
  scope: "anywhere",

  adopts: ({ adopts }) => adopts,
  async check(ctx) {
    target(ctx);
    await requestInit(ctx);
    if (ctx.options.secret !== undefined) await ctx.resolve(ctx.options.secret);
  },
  async run(event, ctx) {
    const url = target(ctx);
    const body = JSON.stringify(payload(event));
    const init = await requestInit(ctx);
    const headers = { "content-type": "application/json", ...init.headers, ...(await signed(body, ctx)) };
    const answer = await ctx.http(url, { ...init, method: ctx.options.method, body, headers, refuseLinkLocal: true });
    if (isExpected(answer.status, ctx.options.expectStatus)) return;
    if (answer.status >= 300 && answer.status < 400) throw redirected(url.origin, answer.status);
    throw httpError(`${url.origin} did not take the event`, answer, { hint: "see what the receiver logged" });
  },
});

function target({ options: { url: text, allowInsecure } }: Ctx): URL {
  const url = parseUrl(text);
  checkEncrypted(url, allowInsecure);
  return url;
}

async function signed(
  body: string,
  { options: { secret }, resolve, now }: Ctx,
): Promise<Readonly<Record<string, string>>> {
  if (secret === undefined) return {};
  return { "x-rotate-signature": signature({ body, secret: await resolve(secret), now: now() }) };
}

/** The body. Field by field, so that nothing else an event may one day carry gets out. */
function payload(event: ReloadEvent): object {
  return {
    version: 1,
    rotation: event.rotation,
    reason: event.reason,
    fingerprint: event.fingerprint,
    expiresAt: event.expiresAt === "never" ? "never" : event.expiresAt.toISOString(),
    written: event.written.map(({ type, target: written, keys }) => ({ type, target: written, keys })),
  };
}
