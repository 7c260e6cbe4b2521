/** A password file as libpq reads it, line by line. https://www.postgresql.org/docs/18/libpq-pgpass.html */
import { invalid, RotateError } from "@rotate/plugin-kit";
import type { Versions } from "@rotate/plugin-kit/files";

/** Whose password a line holds; `*` stands for anybody. */
export interface PgpassEntry {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
}

/** As libpq has them in a line. */
const names = ["host", "port", "database", "user"] as const;

interface Line {
  /** With its end. */
  readonly whole: string;
  /** host, port, database, user and password, as they are meant; undefined for a comment and for what is no entry. */
  readonly fields: readonly string[] | undefined;
}

/** `before` with the password in the one line of this entry; all other lines stay byte for byte. Throws INVALID when the line stands twice or the password cannot stand in one. */
export function editPgpass(before: Buffer | undefined, entry: PgpassEntry, password: string): Buffer {
  if (password === "" || /[\r\n\0]/.test(password))
    throw invalid("the password is empty, or has a line feed", "correct the template");
  const lines = linesOf(before);
  const at = placeOf(lines, entry);
  const text = `${entryText(entry)}:${escaped(password)}`;
  return joined(at === undefined ? withNew(lines, text, entry) : lines.with(at, lineOf(text, lines[at])));
}

/** The password in the entry's line; undefined without one. Throws INVALID when it stands twice. */
export function readPgpass(text: Buffer | undefined, entry: PgpassEntry): string | undefined {
  const lines = linesOf(text);
  return lines[placeOf(lines, entry) ?? -1]?.fields?.[4];
}

/** Puts our line back as `before` had it, where `now` still has what we wrote. Throws CONFLICT where it has something else. */
export function revertPgpass(now: Buffer, { before, written }: Versions, entry: PgpassEntry): Buffer | undefined {
  const [current, ours, theirs] = [now, written, before].map((text) => readPgpass(text, entry));
  if (current !== theirs && current !== ours) throw changed(entry);
  const lines = linesOf(now);
  const old = linesOf(before);
  const at = placeOf(lines, entry);
  const kept = old[placeOf(old, entry) ?? -1];
  if (at === undefined || current === theirs) return now;
  const left = lines.flatMap((line, index) => (index !== at ? [line] : kept === undefined ? [] : [kept]));
  return before === undefined && left.length === 0 ? undefined : joined(left);
}

/** libpq takes the first line that fits: the number of one above ours that fits as well, from 1; undefined without one. */
export function lineAbove(text: Buffer | undefined, entry: PgpassEntry): number | undefined {
  const lines = linesOf(text);
  const ours = placeOf(lines, entry) ?? lines.length;
  const above = lines.findIndex((line, index) => index < ours && fits(line, entry));
  return above === -1 ? undefined : above + 1;
}

function linesOf(text: Buffer | undefined): readonly Line[] {
  const lines = text?.toString("latin1").match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((whole) => ({ whole, fields: fieldsOf(whole.replace(/\r?\n$/, "")) }));
}

function fieldsOf(line: string): readonly string[] | undefined {
  if (line.startsWith("#")) return undefined;
  const [, ...fields] =
    /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/.exec(line) ?? [];
  return fields.length === 0 ? undefined : fields.map((field) => utf8(field.replaceAll(/\\(.)/g, "$1")));
}

function placeOf(lines: readonly Line[], entry: PgpassEntry): number | undefined {
  const found = lines.flatMap(({ fields }, index) =>
    fields !== undefined && names.every((name, place) => fields[place] === entry[name]) ? [index] : [],
  );
  if (found.length < 2) return found[0];
  const numbers = found.map((index) => index + 1).join(" and ");
  throw invalid(`the line of ${entryText(entry)} stands twice, in lines ${numbers}`, "remove one of them");
}

/** Would libpq take this line for a connection of the entry? */
function fits({ fields }: Line, entry: PgpassEntry): boolean {
  return fields !== undefined && names.every((name, place) => fields[place] === "*" || fields[place] === entry[name]);
}

/** A new line goes above the first one that fits as well, else to the end. */
function withNew(lines: readonly Line[], text: string, entry: PgpassEntry): readonly Line[] {
  const line = lineOf(text, lines[0]);
  const above = lines.findIndex((one) => fits(one, entry));
  return above === -1 ? [...lines.map(ended), line] : lines.toSpliced(above, 0, line);
}

/** With the end that another line has. */
function lineOf(text: string, like: Line | undefined): Line {
  const [end] = /\r?\n$/.exec(like?.whole ?? "") ?? ["\n"];
  return { whole: `${text}${end}`, fields: undefined };
}

function ended(line: Line): Line {
  return line.whole.endsWith("\n") ? line : { ...line, whole: `${line.whole}\n` };
}

function joined(lines: readonly Line[]): Buffer {
  return Buffer.from(lines.map(({ whole }) => whole).join(""), "latin1");
}

function entryText(entry: PgpassEntry): string {
  return names.map((name) => escaped(entry[name])).join(":");
}

/** As the bytes of a line. */
function escaped(text: string): string {
  return Buffer.from(text.replaceAll(/[\\:]/g, String.raw`\$&`)).toString("latin1");
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}

function changed(entry: PgpassEntry): RotateError {
  return new RotateError(`the line of ${entryText(entry)} was changed by somebody else after it was written`, {
    code: "CONFLICT",
    retryable: false,
    hint: "look at the file: rotate left it as it is; let only one of the two write this line",
  });
}
