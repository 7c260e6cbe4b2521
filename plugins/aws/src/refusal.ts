import { byStatus, type HttpAnswer, httpRefusal, meanings, type Refusals, type RotateError } from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";
import type { AwsContext } from "./options.ts";
import { elementOf } from "./wire/xml.ts";

const { denied, invalid, limited, stale, wait } = meanings;

/** What AWS says, first match wins: the common errors of STS and of the JSON services, and those of each action in the API reference. */
export const refusals: Refusals = [
  {
    said: /Signature (expired|not yet current)|^(RequestExpired|RequestTimeTooSkewed|RequestInTheFuture)/,
    ...denied,
    clock: true,
  },
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
    ...stale,
    hint: "the identity token is over: its file or variable must be kept fresh",
  },
  {
    said: /^(ExpiredToken|ExpiredTokenException)/,
    ...stale,
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
    ...wait,
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
    ...limited,
    hint: "the account's calls are limited: fewer rotations at one moment, or a longer `ttl`",
  },
  ...byStatus({
    down: "AWS or the network between is at fault: see the AWS Health Dashboard if it lasts",
    limited: "the account's calls are limited: fewer rotations at one moment, or a longer `ttl`",
    silent: "check the endpoint and the proxy",
  }),
];

/** An answer that is no success, as a RotateError. `own`: what the service refuses by itself, before what all do. */
export function refusal(
  what: string,
  answer: HttpAnswer,
  { now, own = [] }: Pick<AwsContext, "now"> & { readonly own?: Refusals },
): RotateError {
  const { code = "", message } = saidBy(answer);
  const about = { message: shown(what, code, message), said: `${code}: ${message}`, now: now() };
  return httpRefusal([...own, ...refusals], answer, about);
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
export function saidBy(answer: HttpAnswer): { readonly code?: string; readonly message: string } {
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
