import { invalid } from "../fault.ts";
import type { Dialect } from "./dialect.ts";
import { unescaped } from "./readers/compose.ts";
import { valueAt } from "./readers/systemd.ts";

/** Safe without quotes in every reader known: those of Node, npm, Python, Ruby, Go, Docker, systemd and all shells. */
const bare = /^[A-Za-z0-9_@%+=:,./-]*$/;

/** True when the value has to be written in quotes. */
export function needsQuotes(value: string, dialect: Dialect): boolean {
  return dialect !== "docker" && !bare.test(value);
}

/** The value as it stands in the file, one character per byte. Throws INVALID when readers would not agree on it. */
export function literalOf(key: string, value: string, dialect: Dialect): string {
  if (hasControls(value)) {
    throw invalid(
      `the value of ${key} has a line feed or another control character, which no line of an env file can hold`,
      "encode it in the template (base64_encode), or use the json or file sink",
    );
  }
  const text = Buffer.from(value).toString("latin1");
  if (!needsQuotes(value, dialect)) return text;
  const quoted = quote(text, dialect);
  if (quoted !== undefined) return quoted;
  throw invalid(
    `the value of ${key} has a quote, dollar or backslash, which readers of env files do not agree on`,
    "encode it in the template (base64_encode, uri_component), use the json sink, or say who alone reads the file: `dialect: docker`, `compose` or `systemd`",
  );
}

/** Undefined when no way of quoting says the same to every reader of the dialect. */
function quote(text: string, dialect: Dialect): string | undefined {
  if (dialect === "compose") return /['\\]/.test(text) ? `"${text.replaceAll(/["\\$]/g, "\\$&")}"` : `'${text}'`;
  if (dialect === "systemd") return text.includes("'") ? `"${text.replaceAll(/["\\`$]/g, "\\$&")}"` : `'${text}'`;
  return /['$\\]/.test(text) ? undefined : `'${text}'`;
}

function hasControls(value: string): boolean {
  return Array.from(value).some((char) => (char < " " && char !== "\t") || char === "\x7f");
}

/** What a literal says to the readers of the dialect; to the most common one where they do not agree. */
export function valueOf(literal: string, dialect: Dialect): string {
  if (dialect === "docker") return fromBytes(literal);
  if (dialect === "systemd") return fromBytes(valueAt(literal, 0).value);
  const [, sign, inner] = /^(['"`])(.*)\1$/s.exec(literal) ?? [];
  if (inner === undefined) return fromBytes(literal);
  if (sign !== '"') return fromBytes(inner);
  return fromBytes(dialect === "compose" ? unescaped(inner) : inner.replaceAll("\\n", "\n"));
}

function fromBytes(text: string): string {
  return Buffer.from(text, "latin1").toString();
}
