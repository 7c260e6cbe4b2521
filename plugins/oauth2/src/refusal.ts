import { httpError, RotateError, type ErrorDetails, type HttpAnswer } from "@rotate/plugin-kit";

const errorBody = {
  type: "object",
  properties: { error: { type: "string" }, error_description: { type: ["string", "null"] } },
  required: ["error"],
} as const;

type Reading = Pick<ErrorDetails, "code" | "retryable" | "hint">;

const final = { retryable: false } as const;

/** RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 8707 §2, RFC 7009 §2.2.1; the last two are borrowed from §4.1.2.1 by many servers. */
const readings: Readonly<Record<string, Reading>> = {
  invalid_request: {
    code: "INVALID",
    ...final,
    hint: "the server wants other parameters: see what it says, and its documentation",
  },
  invalid_client: {
    code: "DENIED",
    ...final,
    hint: "client id, secret or key is wrong or has expired, or the client is registered for another method than clientAuth says",
  },
  invalid_grant: {
    code: "DENIED",
    ...final,
    hint: "what was shown for the token has expired, was revoked or was used before",
  },
  unauthorized_client: { code: "DENIED", ...final, hint: "allow this client the grant, at the server" },
  unsupported_grant_type: { code: "INVALID", ...final, hint: "the server does not offer this grant" },
  invalid_scope: { code: "INVALID", ...final, hint: "ask for scopes that the client may have" },
  invalid_target: { code: "INVALID", ...final, hint: "the server issues no tokens for this audience or resource" },
  access_denied: { code: "DENIED", ...final, hint: "the server's policy refuses it" },
  unsupported_token_type: {
    code: "INVALID",
    ...final,
    hint: "the server cannot revoke access tokens: set `overlap: { revoke: never }`",
  },
  temporarily_unavailable: { code: "UNAVAILABLE", retryable: true, hint: "the server asks to come back later" },
  server_error: { code: "UNAVAILABLE", retryable: true, hint: "the server failed; its log says why" },
};

/** An error of the server, whatever the status; undefined when the answer is none. Some servers send errors with status 200. */
export function refusalIn(answer: HttpAnswer, what: string): RotateError | undefined {
  const said = answer.tryJson(errorBody);
  if (answer.ok && said === undefined) return undefined;
  if (said === undefined) return httpError(`${what}: the server does not say why`, answer, { hint: hintOf(answer) });
  const message = said.error_description
    ? `${what}: ${said.error}: ${oneLine(said.error_description)}`
    : `${what}: ${oneLine(said.error)}`;
  if (answer.status === 429 || answer.status >= 500) return httpError(message, answer, { hint: hintOf(answer) });
  const reading = readings[said.error] ?? {
    code: "INVALID",
    ...final,
    hint: "see the server's documentation for this error",
  };
  return httpError(message, answer, reading);
}

function hintOf({ status }: HttpAnswer): string {
  if (status === 429) return "the server limits how often it may be asked";
  if (status >= 500) return "the server failed; its log says why";
  return "check the endpoint's address: is it the token endpoint itself?";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}
