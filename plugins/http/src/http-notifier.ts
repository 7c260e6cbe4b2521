import { type Alarm, type Context, defineNotifier, httpError, type Infer, type ObjectSchema } from "@rotate/plugin-kit";
import { checkEncrypted, isExpected, parseUrl, requestInit, requestOptions, statusOptions } from "./request-options.ts";
import { redirected } from "./redirected.ts";
import { signature } from "./signature.ts";

const options = {
  type: "object",
  properties: {
    ...requestOptions,
    ...statusOptions,
    format: {
      enum: ["json", "slack"],
      default: "json",
      description: "The whole alarm as JSON, or `{ text }` as Slack, Mattermost, Rocket.Chat and the like take it.",
    },
    secret: {
      type: "string",
      secret: true,
      description: "Shared with the receiver; signs the body in `x-rotate-signature`.",
    },
  },
  required: ["url"],
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** A webhook that is told of alarms. */
export const httpNotifier = defineNotifier({
  type: "http",
  options,

  async check(ctx) {
    target(ctx);
    await requestInit(ctx);
    if (ctx.options.secret !== undefined) await ctx.resolve(ctx.options.secret);
  },
  async send(alarm, ctx) {
    const url = target(ctx);
    const body = JSON.stringify(ctx.options.format === "slack" ? { text: slackText(alarm) } : payload(alarm));
    const init = await requestInit(ctx);
    const headers = { "content-type": "application/json", ...init.headers, ...(await own(alarm, body, ctx)) };
    const answer = await ctx.http(url, { ...init, method: "POST", body, headers, refuseLinkLocal: true });
    if (isExpected(answer.status, ctx.options.expectStatus)) return;
    if (answer.status >= 300 && answer.status < 400) throw redirected(url.origin, answer.status);
    throw httpError(`${url.origin} did not take the alarm`, answer, { hint: "see what the receiver logged" });
  },
});

function target({ options: { url: text, allowInsecure } }: Ctx): URL {
  const url = parseUrl(text);
  checkEncrypted(url, allowInsecure);
  return url;
}

/** The key by which a receiver tells repetitions apart, and the signature. */
async function own(
  { delivery }: Alarm,
  body: string,
  { options: { secret }, resolve, now }: Ctx,
): Promise<Readonly<Record<string, string>>> {
  const key = { "idempotency-key": delivery };
  if (secret === undefined) return key;
  return { ...key, "x-rotate-signature": signature({ body, secret: await resolve(secret), now: now() }) };
}

/** The body. Field by field, so that nothing else an alarm may one day carry gets out. */
function payload(alarm: Alarm): object {
  const { id, delivery, step, status, reminder, host, spec, at, title, text, rotations, steps, total } = alarm;
  const { code, provider, message, hint, docs } = alarm.cause;
  const cause = { code, provider, message, hint, docs };
  const about = { title, text, cause, rotations, steps, total };
  return { version: 1, id, delivery, step, status, reminder, host, spec, at, ...about };
}

/** Slack reads three characters as its own (docs.slack.dev/messaging/formatting-message-text): nobody is to be called by a message of an issuer. */
function slackText({ text }: Alarm): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
