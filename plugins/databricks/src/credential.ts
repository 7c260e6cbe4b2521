import { badAnswer, type Secret } from "@rotate/plugin-kit";
import { tokenFault } from "@rotate/plugin-kit/tokens";

/** What both generations of the API answer, and the CLI prints; every field is formally optional. */
export const credentialAnswer = {
  type: "object",
  properties: {
    token: { type: ["string", "null"] },
    expire_time: { type: ["string", "null"] },
    expiration_time: { type: ["string", "null"] },
  },
} as const;

/** A database credential as it comes. Ends are RFC 3339; which of the two names carries it depends on the API's generation. */
export interface CredentialAnswer {
  readonly token?: string | null;
  readonly expire_time?: string | null;
  readonly expiration_time?: string | null;
}

/** A protobuf Timestamp in JSON: UTC, with 0, 3, 6 or 9 fractional digits. */
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** The credential of an answer. Throws BAD_ANSWER when the token or its end is missing or cannot be one. */
export function readCredential(
  answer: CredentialAnswer,
  bearer: Secret | undefined,
): { readonly token: string; readonly expires: Date } {
  const { token } = answer;
  if (typeof token !== "string") throw badAnswer("the answer has no token", changed);
  const fault = tokenFault(token);
  if (fault !== undefined) throw badAnswer(`the token ${fault}`, changed);
  if (token === bearer?.reveal())
    throw badAnswer("the answer repeats the control-plane token instead of a database credential", changed);
  const end = answer.expire_time ?? answer.expiration_time;
  if (typeof end !== "string") throw badAnswer("the answer does not say when the token ends", changed);
  const expires = timestamp.test(end) ? new Date(end) : undefined;
  if (expires === undefined || Number.isNaN(expires.getTime()))
    throw badAnswer("the answer's expire_time is no RFC 3339 instant", changed);
  return { token, expires };
}

const changed = "something between may have changed the answer; nothing was written";
