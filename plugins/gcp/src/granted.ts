import {
  isRotateError,
  RotateError,
  type Expires,
  type HttpAnswer,
  type Infer,
  type Schema,
  type Secret,
} from "@rotate/plugin-kit";
import { endOfJwt, tokenFault } from "@rotate/plugin-kit/tokens";
import type { Ctx } from "./options.ts";

/** A token of Google's and its end. */
export interface Granted {
  readonly token: Secret;
  readonly expires: Expires;
}

const grantAnswer = {
  type: "object",
  properties: { access_token: { type: "string" }, expires_in: { type: ["integer", "string"] } },
  required: ["access_token", "expires_in"],
} as const;

/** The access token of an answer of RFC 6749 §5.1, which metadata server, OAuth and STS endpoints share. Throws BAD_ANSWER. */
export function readGrant(answer: HttpAnswer, ctx: Ctx): Granted {
  const { access_token: token, expires_in: life } = readAs(answer, grantAnswer);
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
  if (expires === undefined) throw badAnswer("the identity token is no JWT with an end");
  return { token, expires };
}

function checked(text: string, what: string, ctx: Ctx): Secret {
  const fault = tokenFault(text);
  if (fault !== undefined) throw badAnswer(`the ${what} ${fault}`);
  return ctx.secret(text, what);
}

function lifeOf(seconds: number): Expires {
  if (Number.isFinite(seconds) && seconds > 0) return { in: seconds * 1000 };
  throw badAnswer("the answer does not say how long the token lives");
}

/** The body by a schema. Throws BAD_ANSWER that shows the shape of anything else. */
export function readAs<const S extends Schema>(answer: HttpAnswer, schema: S): Infer<S> {
  try {
    return answer.json(schema);
  } catch (error) {
    if (!isRotateError(error) || error.hint !== undefined) throw error;
    throw badAnswer(error.message);
  }
}

/** An answer that cannot be believed. */
export function badAnswer(
  message: string,
  hint = "something else than Google answered: check the endpoints, and proxies on the way",
): RotateError {
  return new RotateError(message, { code: "BAD_ANSWER", retryable: false, hint });
}

/** What the spec asks for and Google, or the source, cannot give. */
export function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}
