import { existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { isSea } from "node:sea";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, createLog, createRuntime, type PlanReport, specText, type Spec, tryPlan } from "@rotate/core";
import { exitWith, type ActionInput } from "../action.ts";
import { UsageError } from "../failure.ts";
import { askByFlags } from "../init/asker.ts";
import type { ConsumerName } from "../init/consumer-names.ts";
import { interview, type Drafted } from "../init/interview.ts";
import { thisMachine } from "../init/machine.ts";
import { openPrompts } from "../init/prompts.ts";
import { lookOf, sign, type Look } from "../output/look.ts";
import { renderPlan } from "../output/plan-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { load, SpecError } from "../spec.ts";
import { describe } from "../spec-faults.ts";

/** Answers to questions. `set`: `KEY=VALUE` each. */
export interface InitFlags {
  readonly consumer?: ConsumerName | undefined;
  readonly issuer?: string | undefined;
  readonly login?: string | undefined;
  readonly name?: string | undefined;
  readonly reload?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly yes?: boolean;
}
type Input = ActionInput<InitFlags, object>;

/** `rotate init --json`. */
export interface InitReport {
  readonly version: 1;
  /** Absolute. */
  readonly file: string;
  readonly rotation: string;
  /** The command that comes next. */
  readonly next: string;
  /** Absent where the state cannot be used. */
  readonly plan?: PlanReport | undefined;
}

/** `rotate init`: asks, writes, checks, plans. @param root the folder of the package */
export async function init(input: Input, root: string): Promise<InitReport> {
  const { flags, json, terminal } = input;
  const file = resolve(flags.file);
  refuseExisting(flags.file, file);
  const given = answersOf(flags);
  const people = json || flags.yes === true ? undefined : await whoeverIsThere();
  people?.begin(`rotate init: a first spec, ${flags.file}`);
  const catalog = createCatalog(builtins);
  const drafted = await interview({ asker: askByFlags(given, people), catalog, machine: thisMachine(process.env) });
  const text = await specText(drafted.spec, catalog, around(drafted, { file, root }));
  const spec = await checked(text, file, terminal);
  await writeNew(file, text);
  const plan = await planOf(spec, input);
  const next = nextCommand(drafted, flags.file);
  if (!json) terminal.out(renderInit({ file, next, plan }, lookOf(terminal, Date.now())));
  const isGood = plan?.rotations.every(({ checks }) => checks.every(({ result }) => result !== "failed"));
  exitWith(isGood === true ? 0 : 1);
  return { version: 1, file, rotation: drafted.name, next, plan };
}

/** Before anybody is asked: answers would be lost. */
function refuseExisting(shown: string, file: string): void {
  if (shown === "-") throw new UsageError("a spec is written to a file", "name it with -f");
  const hint = "nothing is written over: name another file with -f, or edit this one (rotate explain KEY)";
  if (existsSync(file)) throw new UsageError(`${file} is there already`, hint);
  const directory = dirname(file);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`there is no directory ${directory}`, "make it first, or name another file with -f");
}

async function whoeverIsThere(): ReturnType<typeof openPrompts> {
  if (process.stdin.isTTY && process.stderr.isTTY) return openPrompts();
  throw new UsageError(
    "there is nobody to ask: this is no terminal",
    "add --yes, and the answers as flags: rotate init --help",
  );
}

function answersOf({ set = [], ...flags }: InitFlags): ReadonlyMap<string, string> {
  const own = (["consumer", "issuer", "login", "name", "reload"] as const).flatMap((key) => {
    const value = flags[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const pairs = set.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError("--set takes KEY=VALUE", "such as --set request.endpoint=…");
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return new Map([...own, ...pairs]);
}

/** They take the new one up by themselves. */
const stays: readonly ConsumerName[] = ["command", "aws-profile"];

/** Every comment that goes around the spec. */
function around(
  { consumer, reloads, isTimed }: Drafted,
  { file, root }: { readonly file: string; readonly root: string },
): Parameters<typeof specText>[2] {
  const reload = [
    "reload: # what makes the application take the new one up",
    "  - { type: systemd, unit: app.service }",
  ];
  const health = [
    "health: # what has to answer after the reload",
    '  - { type: http, url: "http://127.0.0.1:8080/health", within: 60s }',
  ];
  const isServed = stays.includes(consumer);
  return {
    head: [
      "Which credentials are kept fresh, and for whom. Every key: docs/reference/spec.md, or rotate explain.",
      ...schemaLine(file, root),
    ],
    tail: [
      ...(isTimed ? [] : ["refresh: { before: 10m } # default: at two thirds of its life"]),
      ...(reloads || isServed ? [] : reload),
      ...(isServed ? [] : health),
    ],
  };
}

/** As editors find it: relative where the package lies below the spec's folder. No line where there is no such file. */
function schemaLine(file: string, root: string): readonly string[] {
  const schema = resolve(schemaFolder(root), "rotate.v1.schema.json");
  if (!existsSync(schema)) return [];
  const short = relative(dirname(file), schema);
  const place = short.startsWith("..") || isAbsolute(short) ? schema : `./${short}`;
  return [`yaml-language-server: $schema=${place}`];
}

/** What is inside of the executable no editor can read: a system's package has it beside. */
function schemaFolder(root: string): string {
  if (isSea()) return resolve(dirname(process.execPath), "../share/rotate");
  const isCheckout = existsSync(join(root, "src")); // sources are never published
  return resolve(root, isCheckout ? "../../schemas" : "schemas");
}

/** Held to all rules before it is written. */
async function checked(text: string, file: string, terminal: Terminal): Promise<Spec> {
  const { spec, diagnostics } = await load(file, { text });
  if (spec === undefined) throw new SpecError(diagnostics, describe(diagnostics, terminal));
  if (diagnostics.length > 0) terminal.err(describe(diagnostics, terminal));
  return spec;
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o644 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw new UsageError(`${file} was made meanwhile`, "nothing was written over: name another file with -f");
    throw new UsageError(`cannot write ${file} (${code})`, "name a file in a directory that you may write to with -f");
  }
}

/** Over no state, where there is none: the one who runs rotate makes it. */
async function planOf(spec: Spec, { flags, terminal }: Input): Promise<PlanReport | undefined> {
  const runtime = createRuntime();
  terminal.setMask(runtime.masker.mask);
  const log = createLog({
    write: (line) => terminal.err(line.trimEnd()),
    level: "error",
    masker: runtime.masker,
    now: runtime.now,
  });
  const { "state-dir": stateDir } = flags;
  return tryPlan({
    spec,
    runtime: { ...runtime, log },
    stateDir: stateDir === undefined ? undefined : resolve(stateDir),
  });
}

function nextCommand({ consumer, name }: Drafted, file: string): string {
  const where = file === "rotate.yaml" ? "" : ` -f ${file}`;
  return consumer === "command" ? `rotate exec${where} ${name} -- your-command` : `rotate run${where}`;
}

function renderInit({ file, next, plan }: Pick<InitReport, "file" | "next" | "plan">, look: Look): string {
  const told = plan === undefined ? ["the state cannot be used: rotate doctor tells more"] : [renderPlan(plan, look)];
  return [`${sign("ok", look)}wrote ${file}`, ...told, `${look.paint("cyan", "next")}  ${next}`].join("\n\n");
}
