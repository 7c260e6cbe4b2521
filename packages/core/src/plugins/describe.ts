/** What a program says of itself, checked: data only, as it stands in `rotate.lock`. */
import type { Fields, ObjectSchema, PartScope } from "@rotate/plugin-kit";
import { fileSinkSchema } from "@rotate/plugin-kit/files";
import { kinds, kindWord, type Kind } from "../loading/kinds.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";
import { namesIn } from "./target-with.ts";

/** One part of a program. */
export interface DescribedPart {
  readonly type: string;
  readonly options: ObjectSchema;
  readonly verbs: readonly string[];
  readonly scope?: PartScope;
  /** Files and folders that it logs in from: absolute, under `~/`, or an option in braces. */
  readonly reads?: readonly string[];
  /** Of providers. */
  readonly fields?: Fields;
  readonly request?: ObjectSchema;
  readonly handle?: ObjectSchema;
  readonly overlap?: false;
  readonly ghosts?: false;
  /** Milliseconds. */
  readonly maxLife?: number;
  /** Of sinks of one file that rotate writes: `{path}`. They say `edit`, and no `target`. */
  readonly file?: string;
  /** Of other sinks: words with options in braces, `{url} variable {path}`. */
  readonly target?: string;
  readonly keys?: { readonly pattern: string; readonly description: string };
  /** Milliseconds. */
  readonly lateWrites?: number;
  /** Of reloads. */
  readonly adopts?: boolean;
}

/** What only built-in plugins have: endpoints, whose connections are this process's own, and coordinators, of which protocol 1 has no words. */
export const builtInKinds = ["endpoints", "coordinators"] as const satisfies readonly Kind[];
/** What a program can contribute. */
export type ProgramKind = Exclude<Kind, (typeof builtInKinds)[number]>;
/** Every one of them. */
export const programKinds = kinds.filter((kind): kind is ProgramKind => !builtInKinds.some((own) => own === kind));

/** A whole program. */
export interface Description extends Partial<Readonly<Record<ProgramKind, readonly DescribedPart[]>>> {
  readonly protocol: 1;
  /** Calls may overlap. Absent: one at a time. */
  readonly concurrent?: true;
  /** It is started for each call, and its input ends after it. */
  readonly oneShot?: true;
}

type Rule = (value: unknown) => boolean;

const text: Rule = (value) => typeof value === "string" && value !== "";
const isFalse: Rule = (value) => value === false;
const isTrue: Rule = (value) => value === true;

const common: Readonly<Record<string, Rule>> = {
  type: text,
  options: isFrame,
  verbs: Array.isArray,
  scope: (value) => value === "host" || value === "anywhere",
  reads: (value) => Array.isArray(value) && value.every((words) => text(words) && /^(\/|~\/|\{)/.test(String(words))),
};

/** By kind: the verbs that it must have, those that it may have, and its own keys; `!` marks what must be there. */
export const partRules: Readonly<
  Record<
    ProgramKind | "fileSinks",
    { readonly must: string; readonly may: readonly string[]; readonly keys: Readonly<Record<string, Rule>> }
  >
> = {
  providers: {
    must: "mint",
    may: ["login", "keepAlive", "check", "renew", "find", "lives", "revoke", "revokeValue", "follows"],
    keys: {
      "fields!": areFields,
      request: isFrame,
      handle: isFrame,
      overlap: isFalse,
      ghosts: isFalse,
      maxLife: isLength,
    },
  },
  sinks: {
    must: "prepare",
    may: ["login", "keepAlive", "check", "read", "commit", "undo", "fence", "follows"],
    keys: {
      "target!": text,
      keys: areKeys,
      lateWrites: isLength,
    },
  },
  /** Those of `sinks` that have `file`. */
  fileSinks: {
    must: "edit",
    may: ["read", "follows"],
    keys: { "file!": (value) => value === "{path}", "keys!": areKeys },
  },
  reloads: { must: "reload", may: ["check", "follows"], keys: { "adopts!": (value) => typeof value === "boolean" } },
  probes: { must: "probe", may: ["follows"], keys: {} },
  notifiers: { must: "notify", may: ["check", "follows"], keys: {} },
};

/** Milliseconds. */
function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function areKeys(value: unknown): boolean {
  if (!isFrame(value)) return false;
  const { pattern, description, ...others } = value;
  return text(pattern) && text(description) && Object.keys(others).length === 0;
}

function areFields(value: unknown): boolean {
  return isFrame(value) && Object.keys(value).length > 0 && Object.values(value).every(isField);
}

function isField(value: unknown): boolean {
  if (!isFrame(value)) return false;
  const { secret, description, example, multiline, optional, ...others } = value;
  return (
    typeof secret === "boolean" &&
    text(description) &&
    (example === undefined || text(example)) &&
    (multiline === undefined || multiline === true) &&
    (optional === undefined || optional === true) &&
    Object.keys(others).length === 0
  );
}

/** Throws BAD_ANSWER that names the first place that is not as docs/plugin-protocol.md has it. Schemas are checked with those of all plugins. */
export function checkDescription(value: unknown): Description {
  if (!isFrame(value)) throw badFrame("its description is no object");
  if (value["protocol"] !== 1) throw badFrame("it speaks no protocol that this rotate speaks, which is 1");
  refuseOthersThan(value, { protocol: isTrue, concurrent: isTrue, oneShot: isTrue, ...allKinds }, "its description");
  for (const flag of ["concurrent", "oneShot"])
    if (value[flag] !== undefined && value[flag] !== true) throw badFrame(`its \`${flag}\` is true or absent`);
  if (value["concurrent"] === true && value["oneShot"] === true)
    throw badFrame("it says `concurrent` and `oneShot`: one of them is enough");
  for (const kind of programKinds) for (const part of listOf(value, kind)) checkPart(kind, part);
  if (programKinds.every((kind) => listOf(value, kind).length === 0)) throw badFrame("its description has no part");
  return value as unknown as Description;
}

const allKinds = Object.fromEntries(programKinds.map((kind) => [kind, Array.isArray]));

function listOf(value: Frame, kind: ProgramKind): readonly unknown[] {
  const list = value[kind] ?? [];
  if (!Array.isArray(list)) throw badFrame(`its ${kind} are no list`);
  return list;
}

function refuseOthersThan(value: Frame, known: Frame, what: string): void {
  const other = Object.keys(value).find((key) => !Object.hasOwn(known, key) && !Object.hasOwn(known, `${key}!`));
  if (other !== undefined) throw badFrame(`${what} has the key ${JSON.stringify(other.slice(0, 40))}, which is none`);
}

function checkPart(kind: ProgramKind, part: unknown): void {
  if (!isFrame(part) || typeof part["type"] !== "string") throw badFrame(`one of its ${kind} has no type`);
  const what = `its ${kindWord(kind)} ${part["type"].slice(0, 63)}`;
  const isFile = kind === "sinks" && part["file"] !== undefined;
  const { must, may, keys } = partRules[isFile ? "fileSinks" : kind];
  const all = { ...common, ...keys };
  refuseOthersThan(part, all, what);
  for (const [name, rule] of Object.entries(all)) {
    const key = name.replace("!", "");
    const isNeeded = name !== key || key === "options" || key === "verbs";
    if (part[key] === undefined && !isNeeded) continue;
    if (!rule(part[key])) throw badFrame(`the \`${key}\` of ${what} is not what it must be`);
  }
  const verbs = part["verbs"] as readonly unknown[];
  const strange = verbs.find((verb) => verb !== must && !may.includes(String(verb)));
  if (strange !== undefined)
    throw badFrame(`${what} has a verb that is none: ${JSON.stringify(strange)?.slice(0, 40)}`);
  if (!verbs.includes(must)) throw badFrame(`${what} needs the verb ${must}`);
  const described = part as unknown as DescribedPart;
  for (const words of described.reads ?? []) refuseSecretsIn(words, described, `a place that ${what} reads`);
  if (isFile) checkFileSink(described, what);
  else if (kind === "sinks") checkSink(described, what);
}

function checkSink(part: DescribedPart, what: string): void {
  if (!part.verbs.includes("commit")) throw badFrame(`${what} needs the verb commit`);
  refuseSecretsIn(part.target ?? "", part, `the target of ${what}`);
}

/** The path and what all files have in common are the engine's. */
function checkFileSink({ options }: DescribedPart, what: string): void {
  const shared = Object.keys(fileSinkSchema({ type: "object" }).properties ?? {});
  const own = Object.keys(options.properties ?? {}).find((name) => shared.includes(name));
  if (own !== undefined) throw badFrame(`${what} has the option \`${own}\`, which every file sink is given`);
}

/** Words are shown, compared and kept: each option in them exists, and none is secret. */
function refuseSecretsIn(words: string, { options }: DescribedPart, what: string): void {
  const properties = options.properties ?? {};
  for (const name of namesIn(words)) {
    const option = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (option === undefined) throw badFrame(`${what} names an option that it has not`);
    if ("secret" in option) throw badFrame(`${what} names a secret option`);
  }
}
