import { badAnswer, isRotateError, withDetails, type Secret } from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";
import { call, readAs, type ApiContext } from "./api.ts";
import type { Request } from "./options.ts";
import { appRemedy, refusal } from "./refusal.ts";

/** What is asked for: less than all that the installation may, where it is said. */
export interface TokenWish extends Pick<Request, "repositories" | "permissions"> {
  /** Of the installation. */
  readonly id: string;
  /** The app's JWT. */
  readonly bearer: Secret;
}

/** A token of an installation, and its end. */
export interface InstallationToken {
  readonly token: Secret;
  readonly expires: Date;
}

const answered = {
  type: "object",
  properties: { token: { type: "string" }, expires_at: { type: "string" } },
  required: ["token", "expires_at"],
} as const;

/** Asks for a token of the installation; it lives one hour. Throws BAD_ANSWER, nothing left behind, for one whose end cannot be read. */
export async function installationToken(
  { id, bearer, repositories, permissions }: TokenWish,
  ctx: ApiContext,
): Promise<InstallationToken> {
  const json = { ...(repositories && { repositories }), ...(permissions && { permissions }) };
  const answer = await call({ path: `/app/installations/${id}/access_tokens`, bearer, json }, ctx);
  const what = `no token for installation ${id}`;
  if (!answer.ok) throw refusal(what, answer, { now: ctx.now(), remedy: appRemedy });
  const { token: text, expires_at: end } = readAs(answer, answered);
  const token = checked(text, ctx);
  return { token, expires: await usableUntil(token, end, ctx) };
}

/** Kills a token of an installation, by showing it. One that is revoked already, or over, is no error. */
export async function revokeToken(bearer: Secret, ctx: ApiContext): Promise<void> {
  const answer = await call({ path: "/installation/token", bearer, method: "DELETE" }, ctx);
  // A token that is revoked already, or over, is no longer taken.
  if (answer.ok || answer.status === 401) return;
  throw refusal("the token was not revoked", answer, { now: ctx.now(), remedy: "it ends within the hour by itself" });
}

/** A token whose end cannot be read is of no use: it is given back. */
async function usableUntil(token: Secret, end: string, ctx: ApiContext): Promise<Date> {
  try {
    return instantOf(end);
  } catch (error) {
    const gone = await revokeToken(token, ctx).then(
      () => true,
      () => false,
    );
    throw gone && isRotateError(error) ? withDetails(error, { noEffect: true }) : error;
  }
}

function checked(text: string, ctx: ApiContext): Secret {
  const fault = tokenFault(text);
  if (fault === undefined) return ctx.secret(text, "installation token");
  throw badAnswer(`the token ${fault}`, changed);
}

function instantOf(text: string): Date {
  const end = new Date(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? text : Number.NaN);
  if (Number.isNaN(end.getTime())) throw badAnswer("the answer's expires_at is no instant", changed);
  return end;
}

const changed = "something between may have changed the answer: check baseUrl";
