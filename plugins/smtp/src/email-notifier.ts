import type { SendMailOptions } from "nodemailer";
import { type Alarm, type Context, defineNotifier, type Infer, invalid, type ObjectSchema } from "@rotate/plugin-kit";
import { isThisMachine } from "@rotate/plugin-kit/tokens";
import { explain } from "./explain.ts";

const options = {
  type: "object",
  properties: {
    host: { type: "string", minLength: 1, description: "The mail server.", examples: ["smtp.example.com"] },
    port: {
      type: "integer",
      minimum: 1,
      maximum: 65_535,
      description: "Default: 587, or 465 where TLS comes first.",
    },
    encryption: {
      enum: ["starttls", "tls", "none"],
      default: "starttls",
      description: "`starttls` and `tls` insist on it; `none` is for a mail server of this machine.",
    },
    ca: { type: "string", description: "PEM of the authorities to trust instead of the system's." },
    allowInsecure: { type: "boolean", default: false, description: "Allows `none` to another machine." },
    username: { type: "string", minLength: 1, description: "Default: no login." },
    password: { type: "string", secret: true, description: "Goes with `username`." },
    from: { type: "string", minLength: 3, description: "The sender.", examples: ["rotate@example.com"] },
    to: { type: "array", items: { type: "string", minLength: 3 }, minItems: 1, description: "Who gets it." },
  },
  required: ["host", "from", "to"],
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** An e-mail for each alarm, those of one trouble in one thread. */
export const emailNotifier = defineNotifier({
  type: "email",
  options,

  async check(ctx) {
    await authOf(ctx);
    checkEncrypted(ctx);
  },
  async send(alarm, ctx) {
    const { host, encryption, ca, port = encryption === "tls" ? 465 : 587 } = ctx.options;
    checkEncrypted(ctx);
    const auth = await authOf(ctx);
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      host,
      port,
      secure: encryption === "tls",
      requireTLS: encryption === "starttls",
      ignoreTLS: encryption === "none",
      socketCloseTimeout: 0,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(auth && { auth }),
      ...(ca !== undefined && { tls: { ca } }),
    });
    try {
      await transport.sendMail({ ...messageOf(alarm, ctx), signal: ctx.signal });
    } catch (error) {
      throw explain(error, { place: `${host}:${port}`, signal: ctx.signal });
    } finally {
      transport.close();
    }
  },
});

async function authOf({ options: { username, password }, resolve }: Ctx) {
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined)
    return { user: username, pass: (await resolve(password)).reveal() };
  throw invalid("`username` and `password` go together", "give both, or none for a server that asks for no login");
}

function checkEncrypted({ options: { encryption, host, allowInsecure } }: Ctx): void {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (encryption !== "none" || allowInsecure || (url !== undefined && isThisMachine(url))) return;
  throw invalid(`${host} would be spoken to without encryption`, "use starttls or tls, or set `allowInsecure: true`");
}

/** RFC 5322; `Auto-Submitted` (RFC 3834) keeps away the answers of those who are on holiday. One that is sent again has the same `Message-ID`. */
function messageOf(alarm: Alarm, { options: { from, to } }: Ctx): SendMailOptions {
  const { id, delivery, step, host, title, text, reminder } = alarm;
  const domain = from.replace(/^.*@|>.*$/g, "");
  return {
    from,
    to: [...to],
    subject: `[rotate ${host}] ${step.toUpperCase()}: ${title}${reminder ? " (still)" : ""}`,
    text: `${text}\n`,
    messageId: `<${delivery}@${domain}>`,
    references: [`<${id.replaceAll(/[^\w.-]/g, ".")}@${domain}>`],
    headers: { "Auto-Submitted": "auto-generated" },
    ...(step === "expired" && { priority: "high" as const }),
  };
}
