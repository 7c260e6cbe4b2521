import { invalid } from "../errors.ts";

/** What keeps a text from being a token, as the end of a sentence ("has a line feed in it"): a token is one word of visible ASCII (RFC 6750 §2.1). Undefined: nothing. */
export function tokenFault(text: string): string | undefined {
  if (text === "") return "is empty";
  if (/[\r\n]/.test(text)) return "has a line feed in it";
  return /^[\x21-\x7e]+$/.test(text) ? undefined : "has a space, a control character or a letter outside ASCII in it";
}

/** The claims of a JWT (RFC 7519), unchecked: for its issuer's client, who has it first-hand. Undefined when it is none. */
export function claimsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const [header, payload, signature, ...rest] = text.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  return objectOf(header) === undefined ? undefined : objectOf(payload);
}

/** Seconds: as far as a Date reaches (ECMA-262, Time Values and Time Range). */
const lastInstant = 8.64e12;

/** The `exp` of a JWT (RFC 7519 §4.1.4). Undefined when it has none or is none. */
export function endOfJwt(text: string): Date | undefined {
  const seconds = claimsOf(text)?.["exp"];
  return typeof seconds === "number" && Math.abs(seconds) <= lastInstant ? new Date(seconds * 1000) : undefined;
}

function objectOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Does the URL lead to this machine itself, by address or by a name that always means it (RFC 6761 §6.3)? */
export function isThisMachine({ hostname }: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** The URL itself, if a secret may be sent there: https, or http on this machine. Throws INVALID otherwise. `what` names the option. */
export function secured(what: string, text: string): URL {
  if (!URL.canParse(text)) throw invalid(`${what} is no URL`, "write it whole, with https:// in front");
  const url = new URL(text);
  if (url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url))) return url;
  throw invalid(`${what} would get a secret in the clear`, `use https:// for ${url.host}`);
}

/**
 * What was asked for and not granted, of two lists of scopes (RFC 6749 §3.3, §5.1: a server that grants less says so, one that does not say grants all).
 * Undefined: nothing is missing.
 */
export function narrowed(asked: string | undefined, granted: string | null | undefined): string | undefined {
  if (asked === undefined || granted === undefined || granted === null) return undefined;
  const has = new Set(granted.split(/\s+/));
  const missing = asked.split(/\s+/).filter((scope) => scope !== "" && !has.has(scope));
  return missing.length === 0 ? undefined : missing.join(" ");
}
