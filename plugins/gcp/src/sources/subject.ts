import { badAnswer, invalid, execError, httpError, type Secret } from "@rotate/plugin-kit";
import { githubIdentity, secured } from "@rotate/plugin-kit/tokens";
import type { Ctx, Source, Subject } from "../options.ts";
import { readExecutable } from "./executable.ts";

type Federation = Extract<Source, { readonly method: "workload-identity" }>;
type ByUrl = Extract<Subject, { readonly from: "url" }>;
type ByProgram = Extract<Subject, { readonly from: "executable" }>;

/** The token of the other issuer, fetched anew. */
export async function readSubject({ subject, audience, subjectTokenType }: Federation, ctx: Ctx): Promise<Secret> {
  switch (subject.from) {
    case "reference":
      return pick((await ctx.resolve(subject.token)).reveal(), subject.field, ctx);
    case "url":
      return askUrl(subject, ctx);
    case "executable":
      return run(subject, { audience, subjectTokenType }, ctx);
    case "github-actions":
    default:
      return githubIdentity(subject.audience ?? `https:${audience}`, ctx);
  }
}

async function askUrl({ url, headers = {}, field }: ByUrl, ctx: Ctx): Promise<Secret> {
  const answer = await (isMachines(url)
    ? ctx.http(url, { headers, proxy: false })
    : ctx.http(secured("source.subject.url", url), { headers }));
  if (answer.ok) return pick(answer.text(), field, ctx);
  throw httpError("no identity token from source.subject.url", answer, { hint: "ask that address by hand" });
}

/** Another cloud's metadata service, which speaks no TLS and is on this very machine's link: Azure's tokens are exchanged so. */
function isMachines(url: string): boolean {
  return URL.canParse(url) && /^169\.254\.\d+\.\d+$/.test(new URL(url).hostname);
}

/** cloud.google.com/iam/docs/workload-identity-federation-with-other-providers, "Executable-sourced credentials". */
async function run(
  { command, timeout }: ByProgram,
  { audience, subjectTokenType }: Pick<Federation, "audience" | "subjectTokenType">,
  ctx: Ctx,
): Promise<Secret> {
  const { impersonate } = ctx.options;
  const env = {
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: audience,
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: subjectTokenType,
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: "0",
    ...(impersonate && { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: impersonate.account }),
  };
  const answer = await ctx.exec(command, { env, timeout });
  if (answer.exitCode !== 0) {
    throw execError("the identity program failed", answer, { hint: "run source.subject.command by hand" });
  }
  return ctx.secret(readExecutable(answer.stdout, { subjectTokenType, now: ctx.now() }), "identity token");
}

/** The text itself, or a member of it. */
function pick(text: string, field: string | undefined, ctx: Ctx): Secret {
  const token = field === undefined ? text.trim() : memberOf(text, field);
  if (token === "") throw invalid("the identity token is empty", "look at what source.subject leads to");
  return ctx.secret(token, "identity token");
}

function memberOf(text: string, field: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const member: unknown = typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
    if (typeof member === "string") return member;
  } catch {
    throw badAnswer(
      "what holds the identity token is no JSON",
      "leave source.subject.field out if it is the token alone",
    );
  }
  throw badAnswer(`what holds the identity token has no ${field}`, "correct source.subject.field");
}
