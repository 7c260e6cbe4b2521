/** What a program says of itself, checked: data only, as it stands in `rotate.lock`. */
import type { Fields, ObjectSchema, PartScope } from "@rotate/plugin-kit";
import { kinds, type Kind } from "@rotate/plugin-kit/grammar";
import { badFrame, isFrame, type Frame } from "./frames.ts";

/** One part of a program. */
export interface DescribedPart {
  readonly type: string;
  readonly options: ObjectSchema;
  readonly verbs: readonly string[];
  readonly scope?: PartScope;
  /** Of providers. */
  readonly fields?: Fields;
  readonly request?: ObjectSchema;
  readonly handle?: ObjectSchema;
  readonly overlap?: false;
  readonly ghosts?: false;
  /** Milliseconds. */
  readonly maxLife?: number;
  /** Of sinks: words with options in braces, `{url} variable {path}`. */
  readonly target?: string;
  readonly keys?: { readonly pattern: string; readonly description: string };
  /** Milliseconds. */
  readonly lateWrites?: number;
  /** Of reloads. */
  readonly adopts?: boolean;
}

/** What a program can contribute: no endpoint, whose connections are this process's own. */
export type ProgramKind = Exclude<Kind, "endpoints">;
/** Every one of them. */
export const programKinds = kinds.filter((kind): kind is ProgramKind => kind !== "endpoints");

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
};

/** By kind: the verbs that it must have, those that it may have, and its own keys; `!` marks what must be there. */
const rules: Readonly<
  Record<
    ProgramKind,
    { readonly must: string; readonly may: readonly string[]; readonly keys: Readonly<Record<string, Rule>> }
  >
> = {
  providers: {
    must: "mint",
    may: ["login", "keepAlive", "check", "renew", "find", "lives", "revoke", "revokeValue"],
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
    may: ["login", "keepAlive", "check", "read", "commit", "undo", "fence"],
    keys: {
      "target!": text,
      keys: (value) => isFrame(value) && text(value["pattern"]) && text(value["description"]),
      lateWrites: isLength,
    },
  },
  reloads: { must: "reload", may: ["check"], keys: { "adopts!": (value) => typeof value === "boolean" } },
  probes: { must: "probe", may: [], keys: {} },
  notifiers: { must: "notify", may: ["check"], keys: {} },
  coordinators: { must: "write", may: ["check", "read"], keys: {} },
};

/** Milliseconds. */
function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
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
  const what = `its ${kind.slice(0, -1)} ${part["type"].slice(0, 63)}`;
  const { must, may, keys } = rules[kind];
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
  if (kind === "sinks") checkSink(part as unknown as DescribedPart, what);
  if (kind === "coordinators" && !verbs.includes("read")) throw badFrame(`${what} needs the verb read`);
}

function checkSink({ target = "", options, verbs }: DescribedPart, what: string): void {
  if (!verbs.includes("commit")) throw badFrame(`${what} needs the verb commit`);
  const properties = options.properties ?? {};
  for (const name of namesIn(target)) {
    const option = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (option === undefined) throw badFrame(`the target of ${what} names an option that it has not`);
    if ("secret" in option) throw badFrame(`the target of ${what} names a secret option`);
  }
}

/** The options that a target names. */
function namesIn(target: string): readonly string[] {
  return [...target.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
}

/** A target with the options in it. */
export function targetWith(target: string, options: unknown): string {
  const values = isFrame(options) ? options : {};
  return target.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  });
}
