import { isRecord, parsedJson } from "../fault.ts";
import { isRotateError } from "@rotate/plugin-kit";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Catalog } from "../catalog.ts";
import { readInput, type Input } from "../input.ts";
import type { Spec } from "../model.ts";
import type { Ground } from "../roots/ground.ts";
import { quickSum } from "@rotate/runtime";
import { freeze } from "./freeze.ts";
import type { FrozenSpec } from "./frozen.ts";
import { thaw } from "./thaw.ts";

/** Where compiled specs are kept, so that the same text is not compiled again. */
export interface SpecCacheOptions {
  /** A directory that nobody else can write to: what is in it decides which commands run. */
  readonly directory: string;
  /** Changes with every build of the loader and of the plugins in the catalog. */
  readonly build: string;
  /** A spec was compiled, as none was kept. */
  readonly onCompile?: (() => void) | undefined;
}

/** The cache of one spec file. */
export interface SpecCache {
  /** The spec as it was compiled of the very same texts; undefined when it has to be compiled. */
  readonly find: (catalog: Catalog) => Promise<Spec | undefined>;
  /** Keeps a spec without faults. @param lists the files of its `foreach` lists, as they were read */
  readonly keep: (spec: Spec, lists: readonly Input[]) => Promise<void>;
  /** What the last look at the places of the spec that was found depended on; undefined: nobody knows. */
  readonly ground: () => Ground | undefined;
  readonly keepGround: (ground: Ground) => Promise<void>;
  /** Of the spec that was found: all that it was made of. Undefined: none was. */
  readonly identity: () => string | undefined;
}

interface Entry {
  /** The build and everything the spec was made of, or the SHA-256 of it. */
  readonly key: string;
  readonly lists: readonly { readonly file: string; readonly digest: string }[];
}

/** Where the compiled spec of a file is kept. */
export function cachedAt(directory: string, file: string): string {
  return join(directory, `spec-${quickSum(file)}${quickSum(`${file}/`)}.json`);
}

/** A folder of its own, for what is kept in it changes more often than what looks depend on. */
export function groundsAt(directory: string): string {
  return join(directory, "places");
}

/** The cache of the spec that `input` was read from. @param home what `~/` stands for in it */
export function openSpecCache({ directory, build }: SpecCacheOptions, input: Input, home: string): SpecCache {
  const { file, directory: base, real, text } = input;
  const key = keyOf(JSON.stringify([build, file, base, real, home]), text);
  const path = cachedAt(directory, file);
  const groundPath = join(groundsAt(directory), basename(path));
  /** Of the spec that was found: the key of what is told about it. */
  let found: string | undefined;
  return {
    async find(catalog) {
      const [head, body] = readLines(path);
      found = head;
      const entry = parsedJson(head ?? "") as Entry | undefined;
      if (entry?.key !== key || !(await areSame(entry.lists))) return undefined;
      const frozen = parsedJson(body ?? "") as FrozenSpec | undefined;
      return frozen === undefined ? undefined : thaw(frozen, catalog).catch(leaveToCompiler);
    },
    async keep(spec, lists) {
      const frozen = freeze(spec);
      if (frozen === undefined) return;
      const entry: Entry = { key, lists: lists.map((list) => ({ file: list.file, digest: digestOf(list.text) })) };
      await replace(path, `${JSON.stringify(entry)}\n${JSON.stringify(frozen)}`);
    },
    identity: () => found,
    ground() {
      const [head, body] = readLines(groundPath);
      const ground = head === found ? parsedJson(body ?? "") : undefined;
      return isRecord(ground) ? (ground as unknown as Ground) : undefined;
    },
    async keepGround(ground) {
      if (makeFolder(groundsAt(directory))) await replace(groundPath, `${found}\n${JSON.stringify(ground)}`);
    },
  };
}

/** A plugin that cannot be loaded is told of by the compiler, at its place in the spec. */
function leaveToCompiler(error: unknown): undefined {
  if (!isRotateError(error)) throw error;
}

/** What is short stands for itself: to load node:crypto costs more than to compare it. */
const short = 65_536;

function keyOf(...texts: readonly string[]): string {
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return length <= short ? JSON.stringify(texts) : digestOf(...texts);
}

function digestOf(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex");
}

/** Of our own disk, at the start. */
function readLines(path: string): readonly [string?, string?] {
  try {
    const text = readFileSync(path, "utf8");
    const end = text.indexOf("\n");
    return [text.slice(0, end), text.slice(end + 1)];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return []; // absent or unreadable: the spec is compiled
  }
}

async function areSame(lists: Entry["lists"]): Promise<boolean> {
  const same = lists.map(async ({ file, digest }) => {
    const list = await readInput({ file });
    return "text" in list && digestOf(list.text) === digest;
  });
  return (await Promise.all(same)).every(Boolean);
}

/** Without a sync: what a crash leaves of it is compiled anew. */
async function replace(path: string, text: string): Promise<void> {
  try {
    const { default: write } = await import("write-file-atomic");
    await write(path, text, { mode: 0o600, fsync: false });
  } catch (error) {
    if (!isSystemError(error)) throw error; // a full disk costs time and nothing else
  }
}

/** False where nothing can be kept. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
