import {
  badAnswer,
  readAnswer,
  type Expires,
  type HttpAnswer,
  type Infer,
  type RotateError,
  type Schema,
  type Secret,
} from "@rotate/plugin-kit";
import { endOfJwt, narrowed, tokenFault } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "./options.ts";

/** A token of Google's and its end. */
export interface Granted {
  readonly token: Secret;
  readonly expires: Expires;
}

const grantAnswer = {
  type: "object",
  properties: {
    access_token: { type: "string" },
    expires_in: { type: ["integer", "string"] },
    scope: { type: ["string", "null"] },
  },
  required: ["access_token", "expires_in"],
} as const;

/**
 * The access token of an answer of RFC 6749 §5.1, which metadata server, OAuth and STS endpoints share. Warns of scopes that were asked for and not
 * granted. Throws BAD_ANSWER.
 */
export function readGrant(answer: HttpAnswer, ctx: Ctx, asked?: readonly string[]): Granted {
  const { access_token: token, expires_in: life, scope: granted } = readAs(answer, grantAnswer);
  const missing = narrowed(asked?.join(" "), granted);
  if (missing !== undefined) {
    const remedy = "log in again with these scopes, or ask for what was granted";
    ctx.log.warn("Google granted less than was asked", { missing, granted, remedy });
  }
  return { token: accessToken(token, ctx), expires: lifeOf(Number(life)) };
}

/** The text of an access token: opaque, of any length. Throws BAD_ANSWER when it can be none. */
export function accessToken(text: string, ctx: Ctx): Secret {
  return checked(text, "access token", ctx);
}

/** An identity token: a JWT, whose end is in it. Throws BAD_ANSWER. */
export function idToken(text: string, ctx: Ctx): Granted {
  const token = checked(text.trim(), "identity token", ctx);
  const expires = endOfJwt(token.reveal());
  if (expires === undefined) throw strangeAnswer("the identity token is no JWT with an end");
  return { token, expires };
}

function checked(text: string, what: string, ctx: Ctx): Secret {
  const fault = tokenFault(text);
  if (fault !== undefined) throw strangeAnswer(`the ${what} ${fault}`);
  return ctx.secret(text, what);
}

function lifeOf(seconds: number): Expires {
  if (Number.isFinite(seconds) && seconds > 0) return { in: seconds * 1000 };
  throw strangeAnswer("the answer does not say how long the token lives");
}

/** The body by a schema. Throws BAD_ANSWER that shows the shape of anything else. */
export function readAs<const S extends Schema>(answer: HttpAnswer, schema: S): Infer<S> {
  return readAnswer(answer, schema, stranger);
}

const stranger = "something else than Google answered: check the endpoints, and proxies on the way";

/** An answer of Google's that cannot be believed. */
export function strangeAnswer(message: string): RotateError {
  return badAnswer(message, stranger);
}
