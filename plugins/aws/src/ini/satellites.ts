import { invalid } from "@rotate/plugin-kit";

/**
 * Settings that belong to the key that stood beside them and say something false of the next one: botocore takes `aws_security_token` before
 * `aws_session_token`; `aws_account_id` leads to endpoints of that account; the others are what tools note of a session's end.
 */
const satellites = [
  "aws_security_token",
  "aws_account_id",
  "aws_credential_expiration",
  "aws_expiration",
  "aws_session_expiration",
  "expiration",
  "x_security_token_expires",
] as const;

type Texts = Readonly<Record<string, string>>;

/** The settings that a new key makes void; none when no key is written. */
export function voidedBy(values: Texts): readonly string[] {
  return "aws_access_key_id" in values ? satellites.filter((key) => !(key in values)) : [];
}

/** Settings for which SDKs do not look at keys beside them: they log in another way. */
const otherWays = /^(?:role_arn|credential_process|credential_source|web_identity_token_file|login_session|sso_\w+)$/;

/** A setting that keeps the SDKs from reading the keys of a profile. A profile may be its own `source_profile`: then they are read. */
export function otherWayIn(profile: string, settings: Texts): string | undefined {
  if (settings["source_profile"] === profile) return undefined;
  return Object.keys(settings).find((key) => otherWays.test(key));
}

/** Refuses keys that nobody could use, or nobody would read. Throws INVALID. */
export function guardKeys(section: string, values: Texts, settings: Texts): void {
  const id = values["aws_access_key_id"];
  if (id === undefined) return;
  if (id.startsWith("ASIA") && values["aws_session_token"] === undefined) {
    throw invalid(
      `the key of a session (ASIA…) is written into [${section}] without its aws_session_token`,
      "write aws_session_token, too: a session's key is refused without it",
    );
  }
  if (settings["aws_session_token"] !== undefined && values["aws_session_token"] === undefined) {
    throw invalid(
      `[${section}] holds an aws_session_token that is not written with the key it belongs to`,
      "write aws_session_token, too, or remove that line",
    );
  }
  const other = otherWayIn(section.replace(/^profile /, ""), settings);
  if (other === undefined) return;
  throw invalid(
    `[${section}] holds ${other}, and SDKs do not look at keys beside it`,
    `name a profile of its own for the keys (and that one as source_profile where a role is taken), or remove ${other}`,
  );
}
