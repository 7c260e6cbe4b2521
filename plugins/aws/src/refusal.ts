import { type ErrorDetails, type HttpAnswer, httpError, type RotateError } from "@rotate/plugin-kit";
import { clockHint } from "@rotate/plugin-kit/tokens";
import type { AwsContext } from "./options.ts";
import { elementOf } from "./wire/xml.ts";

interface Row extends Pick<ErrorDetails, "code" | "retryable"> {
  /** Holds against `Code: message`. */
  readonly said: RegExp;
  readonly hint: string;
}

const denied = { code: "DENIED", retryable: false } as const;
const invalid = { code: "INVALID", retryable: false } as const;
const skew = /Signature (expired|not yet current)|^(RequestExpired|RequestTimeTooSkewed|RequestInTheFuture)/;

/** What AWS says, first match wins: the common errors of STS and of the JSON services, and those of each action in the API reference. */
const rows: readonly Row[] = [
  { said: skew, ...denied, hint: "set this machine's clock (NTP)" },
  {
    said: /scoped to a valid region/,
    ...invalid,
    hint: "the endpoint belongs to another region: set `region` to that of the endpoint",
  },
  {
    said: /^(SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature)/,
    ...denied,
    hint: "the secret access key does not belong to the access key id: copy both anew",
  },
  {
    said: /^(InvalidClientTokenId|UnrecognizedClientException|MissingAuthenticationToken)/,
    ...denied,
    hint: "the access key is deleted, inactive or of another partition; a temporary key (ASIA…) needs its session token",
  },
  {
    said: /^ExpiredTokenException: Token expired/,
    code: "DENIED",
    retryable: true,
    hint: "the identity token is over: its file or variable must be kept fresh",
  },
  {
    said: /^(ExpiredToken|ExpiredTokenException)/,
    code: "DENIED",
    retryable: true,
    hint: "the credentials that we sign with are over: log in again where they come from",
  },
  {
    said: /^InvalidIdentityToken/,
    ...denied,
    hint: "the account needs an OIDC provider for the token's issuer, with its audience among the client ids",
  },
  {
    said: /^IDPRejectedClaim/,
    ...denied,
    hint: "the identity provider no longer stands by this token: fetch a new one",
  },
  {
    said: /^IDPCommunicationError/,
    code: "UNAVAILABLE",
    retryable: true,
    hint: "AWS cannot reach the identity provider: is its JWKS public?",
  },
  {
    said: /MultiFactorAuthentication failed/,
    ...denied,
    hint: "a code works once, for half a minute: let `mfa.tokenCode` be a command that makes a fresh one",
  },
  {
    said: /^AccessDenied.*Cannot call Get(SessionToken|FederationToken)/,
    ...denied,
    hint: "this action needs the long-term key of a user, not a session",
  },
  {
    said: /AssumeRoleWithWebIdentity/,
    ...denied,
    hint: "the role's trust policy must name the OIDC provider, and its conditions fit the token's `aud` and `sub`",
  },
  {
    said: /^AccessDenied.*sts:(AssumeRole|TagSession|SetSourceIdentity)/,
    ...denied,
    hint: "the role must exist, its trust policy allow this caller (external id, MFA, sts:TagSession, sts:SetSourceIdentity), and the caller's own policy allow it",
  },
  {
    said: /^AccessDenied/,
    ...denied,
    hint: "the policies of this identity do not allow it, or an organisation's policy forbids it",
  },
  {
    said: /^MalformedPolicyDocument/,
    ...invalid,
    hint: "`policy` is no session policy: it is JSON with Version and Statement",
  },
  {
    said: /^PackedPolicyTooLarge/,
    ...invalid,
    hint: "policies and tags together are too large: use fewer, or managed policies by `policyArns`",
  },
  {
    said: /^RegionDisabledException/,
    ...denied,
    hint: "activate STS for this region in the account, or set another `region`",
  },
  {
    said: /MaxSessionDuration/,
    ...invalid,
    hint: "ask for a shorter `ttl`, or raise the role's maximum session duration",
  },
  {
    said: /role chaining/,
    ...invalid,
    hint: "a session that takes a role gets an hour at most: set `ttl: 1h`, or sign with a long-term key or an identity token",
  },
  {
    said: /^(ValidationError|Invalid\w*Parameter\w*|InvalidInput|MalformedInput)/,
    ...invalid,
    hint: "check the request",
  },
  {
    said: /^(Throttling|ThrottlingException|TooManyRequestsException|RequestLimitExceeded|SlowDown)/,
    code: "RATE_LIMITED",
    retryable: true,
    hint: "the account's calls are limited: fewer rotations at one moment, or a longer `ttl`",
  },
];

const outage = "AWS or the network between is at fault: see the AWS Health Dashboard if it lasts";

/** An answer that is no success, as a RotateError. */
export function refusal(what: string, answer: HttpAnswer, ctx: Pick<AwsContext, "now">): RotateError {
  const { code = "", message } = saidBy(answer);
  const said = `${code}: ${message}`;
  const row = rows.find(({ said: pattern }) => pattern.test(said));
  const details = row ?? { hint: answer.status >= 500 ? outage : "check the endpoint and the proxy" };
  const hint = skew.test(said) ? clockHint(answer, ctx.now()) : details.hint;
  const known = row === undefined ? {} : { code: row.code, retryable: row.retryable };
  return httpError(shown(what, code, message), answer, { ...known, hint });
}

function shown(what: string, code: string, message: string): string {
  const reason = [code, message.replace(/\s*\.?\s*$/, "")].filter((part) => part !== "").join(": ");
  return reason === "" ? what : `${what}: ${reason}`;
}

const json = {
  type: "object",
  properties: { __type: { type: "string" }, message: { type: "string" }, Message: { type: "string" } },
  required: ["__type"],
} as const;

/** Code and words of an error answer: XML (Query protocol), JSON (JSON services), or what a proxy wrote. */
function saidBy(answer: HttpAnswer): { readonly code?: string; readonly message: string } {
  const object = answer.tryJson(json);
  if (object !== undefined) {
    const { __type: type, message = object.Message ?? "" } = object;
    return { code: type.split("#").at(-1) ?? "", message };
  }
  const text = answer.text();
  const code = elementOf(text, "Code");
  if (code !== undefined) return { code, message: oneLine(elementOf(text, "Message") ?? "") };
  return { message: /<html/i.test(text) ? "a web page answered" : oneLine(text) };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 400);
}
