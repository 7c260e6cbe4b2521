import { randomBytes } from "node:crypto";
import { type Dirent } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { encodings } from "@rotate/runtime";

/** A secret made for a test, so odd that wherever it turns up it came from us. */
export interface Canary {
  /** For messages: what it stands for. */
  readonly name: string;
  readonly text: string;
}

/** Where to look: a text, the bytes of a file (also /proc/PID/cmdline and environ), or a directory with all below it, names included. */
export type Surface =
  | string
  | { readonly file: string }
  | {
      readonly directory: string;
      /** Paths where the secret belongs, such as the sink's target; a directory stands for all below it. */
      readonly except?: readonly string[];
    };

/** A secret found where it must not be. Never holds the secret. */
export interface Leak {
  readonly canary: string;
  /** The surface's name, and the path in it. */
  readonly where: string;
  /** How it stood there: `as it is`, `encoded`, `reversed`, `in UTF-16`, `in part`, `split over lines`. */
  readonly how: string;
}

/** So many characters in a row of a canary are no chance. */
const partLength = 10;

function randomCore(): string {
  return randomBytes(12).toString("base64url");
}

/**
 * A new canary. Its odd characters (`+ / = " ' & % $ \`, a blank, one beyond ASCII) are what encoders and parsers stumble over; `plain` leaves them out,
 * for targets that cannot take them.
 */
export function mintCanary(name: string, { plain = false }: { readonly plain?: boolean } = {}): Canary {
  return { name, text: plain ? randomCore() + randomCore() : `${randomCore()}+/="' &%$\\é<>${randomCore()}` };
}

interface Form {
  readonly bytes: Buffer;
  readonly how: string;
}

/** Every run of `partLength` letters and digits of a canary; only a canary's are random enough for that. */
function partsOf(text: string): readonly string[] {
  const starts = Array.from({ length: Math.max(0, text.length - partLength + 1) }, (_none, at) => at);
  return starts.map((at) => text.slice(at, at + partLength)).filter((part) => /^[\w-]+$/.test(part));
}

/** Texts as bytes to look for. */
function formsAs(how: string, texts: readonly string[], encoding: BufferEncoding = "utf8"): readonly Form[] {
  return texts.filter((text) => text !== "").map((text) => ({ bytes: Buffer.from(text, encoding), how }));
}

function formsOf(canary: Canary | string): readonly Form[] {
  const text = typeof canary === "string" ? canary : canary.text;
  const reversed = Array.from(text).toReversed().join("");
  return [
    ...formsAs("as it is", [text]),
    ...formsAs("encoded", encodings(text)),
    ...formsAs("reversed", [reversed, ...encodings(reversed)]),
    ...formsAs("in UTF-16", [text], "utf16le"),
    ...formsAs("in part", typeof canary === "string" ? [] : partsOf(text)),
  ];
}

interface Place {
  readonly where: string;
  readonly bytes: Buffer;
}

/** What is looked for. */
interface Wanted {
  readonly name: string;
  readonly forms: readonly Form[];
}

function wanted(canary: Canary | string): Wanted {
  return { name: typeof canary === "string" ? "a secret" : canary.name, forms: formsOf(canary) };
}

function leaksIn({ where, bytes }: Place, secrets: readonly Wanted[]): readonly Leak[] {
  const joined = Buffer.from(bytes.toString("latin1").replace(/\s+/g, ""), "latin1");
  return secrets.flatMap((secret) => leakIn(secret, { where, bytes, joined }));
}

function leakIn(
  { name, forms }: Wanted,
  { where, bytes, joined }: Place & { readonly joined: Buffer },
): readonly Leak[] {
  const found = forms.find((form) => bytes.includes(form.bytes));
  if (found !== undefined) return [{ canary: name, where, how: found.how }];
  const split = forms.some((form) => !/\s/.test(form.bytes.toString("latin1")) && joined.includes(form.bytes));
  return split ? [{ canary: name, where, how: "split over lines" }] : [];
}

async function bytesOf(entry: Dirent, path: string): Promise<Buffer> {
  if (entry.isSymbolicLink()) return Buffer.from(await readlink(path));
  return entry.isFile() ? readFile(path) : Buffer.alloc(0);
}

async function placesBelow(where: string, directory: string, except: readonly string[]): Promise<readonly Place[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  const looked = paths.filter(({ path }) => !except.some((one) => path === one || path.startsWith(`${one}/`)));
  const places = looked.map(async ({ entry, path }) => [
    { where: `the name ${path}`, bytes: Buffer.from(entry.name) },
    { where: `${where} ${path}`, bytes: await bytesOf(entry, path) },
  ]);
  return (await Promise.all(places)).flat();
}

async function placesOf(where: string, surface: Surface): Promise<readonly Place[]> {
  if (typeof surface === "string") return [{ where, bytes: Buffer.from(surface) }];
  if ("file" in surface) return [{ where, bytes: await readFile(surface.file) }];
  return placesBelow(where, surface.directory, surface.except ?? []);
}

/** Every place where a canary, or any other secret text of six characters or more, stands in any form. */
export async function findLeaks(
  canaries: readonly (Canary | string)[],
  surfaces: Readonly<Record<string, Surface>>,
): Promise<readonly Leak[]> {
  const places = await Promise.all(Object.entries(surfaces).map(([where, surface]) => placesOf(where, surface)));
  const secrets = canaries.map(wanted);
  return places.flat().flatMap((place) => leaksIn(place, secrets));
}

/**
 * Throws when a canary stands on any surface, naming each place and form, never the secret.
 * @param surfaces by a name for people: `{ stdout: text, "state directory": { directory, except: [] } }`
 */
export async function expectNoLeak(
  canaries: readonly (Canary | string)[],
  surfaces: Readonly<Record<string, Surface>>,
): Promise<void> {
  const leaks = await findLeaks(canaries, surfaces);
  if (leaks.length === 0) return;
  throw new Error(
    `secrets leaked:\n${leaks.map(({ canary, where, how }) => `- ${canary} in ${where}, ${how}`).join("\n")}`,
  );
}
