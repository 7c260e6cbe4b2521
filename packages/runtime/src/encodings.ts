/** The ways in which a secret may stand in a text that was made from it: what the masker hides and the leak detector looks for. */

/** Shorter texts are not looked for inside others: they would mask half of every line. */
export const shortestSecret = 6;

type Encoder = (text: string) => string | readonly string[];

function percentLower(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/** RFC 3986 without the exceptions that encodeURIComponent makes for old browsers. */
function strictUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function uri(text: string): readonly string[] {
  const loose = [encodeURIComponent(text), encodeURI(text)];
  // A WHATWG URL writes the apostrophe of a query as %27 and leaves the other exceptions.
  const plain = [...loose, ...loose.map((one) => one.replaceAll("'", "%27")), strictUri(text)];
  return [...plain, ...plain.map(percentLower), encodeURIComponent(strictUri(text))];
}

function form(text: string): readonly string[] {
  const encoded = new URLSearchParams([["", text]]).toString().slice(1);
  return [encoded, percentLower(encoded)];
}

/** What base64 makes of the text when `before` bytes stand in front of it: only the characters that the neighbours cannot change. */
function base64At(bytes: Buffer, before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function base64(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const found = [bytes.toString("base64"), ...[0, 1, 2].map((before) => base64At(bytes, before))];
  return [...found, ...found.map((one) => one.replaceAll("+", "-").replaceAll("/", "_"))];
}

function hex(text: string): readonly string[] {
  const digits = Buffer.from(text).toString("hex");
  return [digits, digits.toUpperCase()];
}

function jsonOnce(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JavaScript's own, PHP's (`\/`), Python's (no character above ASCII), Go's (no `<>&`); and each of them inside another JSON text. */
function json(text: string): readonly string[] {
  const own = jsonOnce(text);
  const all = [
    own,
    own.replaceAll("/", "\\/"),
    own.replace(/[^\0-\x7f]/g, unicodeEscape),
    own.replace(/[<>&\u2028\u2029]/g, unicodeEscape),
  ];
  return [...all, ...all.map(jsonOnce)];
}

function replaceEach(text: string, table: Readonly<Record<string, string>>): string {
  return text.replace(/[&<>"']/g, (char) => table[char] ?? char);
}

const xmlText = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
function xml(text: string): readonly string[] {
  return [
    replaceEach(text, xmlText),
    replaceEach(text, { ...xmlText, '"': "&quot;", "'": "&apos;" }),
    replaceEach(text, { ...xmlText, '"': "&quot;", "'": "&#x27;" }),
    replaceEach(text, { ...xmlText, '"': "&quot;", "'": "&#39;" }),
    replaceEach(text, { ...xmlText, '"': "&#34;", "'": "&#39;" }),
  ];
}

/** Inside single quotes, inside double quotes, with backslashes, and as a JavaScript text between other quotes than double ones (util.inspect). */
function quoted(text: string): readonly string[] {
  const script = jsonOnce(text).replaceAll('\\"', '"');
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replace(/["$`\\]/g, "\\$&"),
    text.replace(/[^\w@%+=:,./-]/g, "\\$&"),
    script,
    script.replaceAll("'", "\\'"),
  ];
}

/** A key or certificate is often printed line by line. */
function lines(text: string): readonly string[] {
  return text.includes("\n")
    ? text.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith("-----"))
    : [];
}

const encoders: readonly Encoder[] = [
  (text) => text,
  (text) => text.trim(),
  uri,
  form,
  base64,
  hex,
  json,
  xml,
  quoted,
  lines,
];

/** Every distinct form of `text`, itself first; forms shorter than `shortestSecret` are left out. */
export function encodings(text: string): readonly string[] {
  const whole = text.toWellFormed();
  const all = encoders.flatMap((encode) => encode(whole));
  return [...new Set([text, ...all])].filter((form_) => form_.length >= shortestSecret);
}
