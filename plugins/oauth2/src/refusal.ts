import {
  byOutage,
  bySilence,
  httpRefusal,
  meanings,
  type HttpAnswer,
  type Refusal,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";

const { denied, invalid, person, unsure, wait } = meanings;

/** RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2, RFC 7009 §2.2.1; two are borrowed from §4.1.2.1 by many servers. */
function tableWith(invalidGrant: Refusal): Refusals {
  return [
    ...byOutage({
      down: "the server failed; its log says why",
      limited: "the server limits how often it may be asked",
    }),
    { ...wait, said: /^temporarily_unavailable\b/, hint: "the server asks to come back later" },
    { ...unsure, said: /^server_error\b/, hint: "the server failed; its log says why" },
    {
      ...denied,
      said: /^invalid_client\b/,
      hint: "client id, secret or key is wrong or has expired, or the client is registered for another method than clientAuth says",
    },
    invalidGrant,
    { ...denied, said: /^unauthorized_client\b/, hint: "allow this client the grant, at the server" },
    { ...denied, said: /^access_denied\b/, hint: "the server's policy refuses it" },
    {
      ...invalid,
      said: /^invalid_request\b/,
      hint: "the server wants other parameters: see what it says, and its documentation",
    },
    { ...invalid, said: /^unsupported_grant_type\b/, hint: "the server does not offer this grant" },
    { ...invalid, said: /^invalid_scope\b/, hint: "ask for scopes that the client may have" },
    { ...invalid, said: /^invalid_target\b/, hint: "the server issues no tokens for this audience or resource" },
    {
      ...invalid,
      said: /^unsupported_token_type\b/,
      hint: "the server cannot revoke access tokens: set `overlap: { revoke: never }`",
    },
    { ...invalid, said: /./, hint: "see the server's documentation for this error" },
    ...bySilence("check the endpoint's address: is it the token endpoint itself?"),
  ];
}

const spent = /^invalid_grant\b/;

/** What a token or revocation endpoint refuses. */
export const refusals: Refusals = tableWith({
  ...denied,
  said: spent,
  hint: "what was shown for the token has expired, was revoked or was used before",
});

/** The same for a refresh token: a refused one will never be good again, and only a person can bring a new one. */
export const refreshRefusals: Refusals = tableWith({
  ...person,
  said: spent,
  hint: "the refresh token has expired, was revoked, or was used before and its successor was lost: consent anew, and store the new one where `refreshToken` is read",
});

const errorBody = {
  type: "object",
  properties: { error: { type: "string" }, error_description: { type: ["string", "null"] } },
  required: ["error"],
} as const;

/** An error of the server, whatever the status; undefined when the answer is none. Some servers send errors with status 200. */
export function refusalIn(answer: HttpAnswer, what: string, table: Refusals = refusals): RotateError | undefined {
  const body = answer.tryJson(errorBody);
  if (answer.ok && body === undefined) return undefined;
  const said = body === undefined ? "" : saidIn(body);
  const message = said === "" ? `${what}: the server does not say why` : `${what}: ${said}`;
  return httpRefusal(table, answer, { message, said });
}

function saidIn(body: { readonly error: string; readonly error_description?: string | null }): string {
  return [body.error, body.error_description ?? ""]
    .map(oneLine)
    .filter((text) => text !== "")
    .join(": ");
}
