import { meanings, RotateError, type Context } from "@rotate/plugin-kit";
import { callWith, refusedBy } from "./api.ts";
import type { VariableLogin, VariableOptions } from "./options.ts";

/** How long what a token may is believed, milliseconds. */
const life = 600_000;

const answered = {
  type: "object",
  properties: {
    scopes: { type: "array", items: { type: "string" } },
    expires_at: { type: ["string", "null"] },
  },
  required: ["scopes"],
} as const;

/**
 * Asks GitLab about the token itself (docs.gitlab.com/api/personal_access_tokens, "self-inform"; tokens of projects and groups are known there too): one without
 * the scope is refused before the mint, and its end is alarmed in time.
 */
export async function logIn(ctx: Context<VariableOptions>): Promise<VariableLogin> {
  const token = await ctx.resolve(ctx.options.token);
  const answer = await callWith(token, { path: "/personal_access_tokens/self" }, ctx);
  // Another kind of token, or a server from before 15.5, is not known there.
  if (answer.status === 404 || answer.status === 403) return { token, expires: { in: life } };
  if (!answer.ok) throw refusedBy(answer, "the token is not taken");
  const { scopes = [], expires_at: day } = answer.tryJson(answered) ?? {};
  if (scopes.length > 0 && !scopes.includes("api")) throw narrow();
  const end = day ? new Date(`${day}T00:00:00Z`) : undefined;
  const known = end !== undefined && !Number.isNaN(end.getTime());
  return { token, expires: { in: life }, ...(known && { bootstrapExpires: end }) };
}

function narrow(): RotateError {
  const hint = "make a token with the scope api: no narrower one may write variables";
  return new RotateError("the token lacks the scope api", { ...meanings.denied, hint });
}
