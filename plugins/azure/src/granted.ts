import { badAnswer, readAnswer, type Expires, type HttpAnswer, type Secret } from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "./options.ts";

/** A token of Entra's and its end. */
export interface Granted {
  readonly token: Secret;
  readonly expires: Expires;
}

const number = { type: ["integer", "string", "null"] } as const;
const answered = {
  type: "object",
  properties: { access_token: { type: "string" }, expires_in: number, expires_on: number },
  required: ["access_token"],
} as const;

const stranger = "something else than Entra answered: check the authority, and proxies on the way";

/** The token of an answer: `expires_in` seconds, or (managed identities) `expires_on`, seconds since 1970; either may be text. Throws BAD_ANSWER. */
export function readGrant(answer: HttpAnswer, ctx: Ctx): Granted {
  const { access_token: text, expires_in: life, expires_on: end } = readAnswer(answer, answered, stranger);
  const fault = tokenFault(text);
  if (fault !== undefined) throw badAnswer(`the access token ${fault}`, stranger);
  return {
    token: ctx.secret(text, "access token"),
    expires: expiryOf(Number(end ?? Number.NaN), Number(life ?? Number.NaN)),
  };
}

function expiryOf(end: number, life: number): Expires {
  if (Number.isFinite(end) && end > 0) return new Date(end * 1000);
  if (Number.isFinite(life) && life > 0) return { in: life * 1000 };
  throw badAnswer("the answer does not say how long the token lives", stranger);
}
