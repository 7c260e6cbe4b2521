import { strangeAnswer } from "../fault.ts";
import type { AwsContext } from "../options.ts";
import type { KeySource } from "./types.ts";

/** What a credential program prints, an endpoint answers: `Token` and `SessionToken` are the same thing. */
export const credentialDocument = {
  type: "object",
  properties: {
    AccessKeyId: { type: "string" },
    SecretAccessKey: { type: "string" },
    SessionToken: { type: ["string", "null"] },
    Token: { type: ["string", "null"] },
    Expiration: { type: ["string", "null"] },
  },
  required: ["AccessKeyId", "SecretAccessKey"],
} as const;

interface Document {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string | null;
  readonly Token?: string | null;
  readonly Expiration?: string | null;
}

/** The key in it. Throws BAD_ANSWER when its end is no instant. @param from for people: where it came from */
export function keyFrom(document: Document, from: string, ctx: AwsContext): KeySource {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secret, Expiration: end } = document;
  const token = document.SessionToken ?? document.Token;
  return {
    kind: "key",
    accessKeyId,
    secretAccessKey: ctx.secret(secret, "source secretAccessKey"),
    sessionToken: token ? ctx.secret(token, "source sessionToken") : undefined,
    endsAt: end ? instantOf(end, from) : undefined,
    region: undefined,
    from,
  };
}

/** Throws BAD_ANSWER. */
function instantOf(text: string, from: string): Date {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) throw strangeAnswer(`${from} gave an expiration that is no instant`);
  return instant;
}
