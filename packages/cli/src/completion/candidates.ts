/** What may stand next on a command line: one answer for all shells, by what the commands say of themselves. */

/** A command as far as completion needs it: oclif's own description has this shape. */
export interface KnownCommand {
  /** `plugin:add` */
  readonly id: string;
  readonly summary?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly flags: Readonly<Record<string, KnownFlag>>;
  readonly args: Readonly<
    Record<string, { readonly options?: readonly string[] | undefined; readonly multiple?: boolean | undefined }>
  >;
}

interface KnownFlag {
  readonly type: "boolean" | "option";
  readonly char?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly hidden?: boolean | undefined;
}

/** What is known beyond the commands; each is asked only when it is needed. */
export interface Sources {
  readonly rotations: (file: string | undefined) => Promise<readonly string[]>;
  readonly plugins: (file: string | undefined) => Promise<readonly string[]>;
  readonly types: (kind: "providers" | "reloads") => readonly string[];
  /** Keys of the spec and codes that a beginning may become. */
  readonly subjects: (beginning: string) => Promise<readonly string[]>;
}

/** One word, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly meaning?: string | undefined;
}

/** `files`: names of files fit as well. */
export interface Candidates {
  readonly words: readonly Candidate[];
  readonly files: boolean;
}

const nothing: Candidates = { words: [], files: false };
const files: Candidates = { words: [], files: true };

/** @param line the words behind the program's name; the last is the one that is being typed, and may be empty */
export async function candidatesFor(
  line: readonly string[],
  { commands, sources }: { readonly commands: readonly KnownCommand[]; readonly sources: Sources },
): Promise<Candidates> {
  const current = line.at(-1) ?? "";
  const before = line.slice(0, -1);
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const found = commandOf(before, shown);
  if (found === undefined) return beginning(commandsAfter(before, shown), current);
  if (found.rest.includes("--")) return files;
  const { command, rest } = found;
  const [, name = "", text = ""] = /^--([a-z-]+)=(.*)$/s.exec(current) ?? [];
  if (name !== "") return prefixed(`--${name}=`, await valuesOf(name, { command, text, rest, sources }));
  const open = flagBefore(rest.at(-1), command);
  if (open !== undefined) return valuesOf(open, { command, text: current, rest, sources });
  if (current.startsWith("-")) return beginning(flagsOf(command), current);
  return argumentsOf(command, { text: current, rest, sources });
}

interface Typed {
  readonly text: string;
  /** The words of the command before it. */
  readonly rest: readonly string[];
  readonly sources: Sources;
}

function beginning(words: readonly Candidate[], text: string): Candidates {
  return { words: words.filter(({ word }) => word.startsWith(text)), files: false };
}

function plain(words: readonly string[], text: string): Candidates {
  return beginning(
    words.map((word) => ({ word })),
    text,
  );
}

function prefixed(prefix: string, { words, files: isFile }: Candidates): Candidates {
  return { words: words.map(({ word, meaning }) => ({ word: `${prefix}${word}`, meaning })), files: isFile };
}

/** The longest command that the words begin with. */
function commandOf(
  words: readonly string[],
  commands: readonly KnownCommand[],
): { readonly command: KnownCommand; readonly rest: readonly string[] } | undefined {
  for (let length = Math.min(words.length, 3); length > 0; length--) {
    const command = commands.find(({ id }) => id === words.slice(0, length).join(":"));
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

/** The next step of every command that begins with these words. */
function commandsAfter(words: readonly string[], commands: readonly KnownCommand[]): readonly Candidate[] {
  const start = words.map((word) => `${word}:`).join("");
  const steps = commands
    .filter(({ id }) => id.startsWith(start))
    .map(({ id, summary }) => {
      const [word = "", ...more] = id.slice(start.length).split(":");
      return { word, meaning: more.length === 0 ? summary : undefined };
    });
  return [...new Map(steps.map((step) => [step.word, step])).values()];
}

function flagBefore(word: string | undefined, { flags }: KnownCommand): string | undefined {
  const [, long, short] = /^(?:--([a-z-]+)|-([a-zA-Z]))$/.exec(word ?? "") ?? [];
  const found = Object.entries(flags).find(
    ([name, { char }]) => name === long || (short !== undefined && char === short),
  );
  return found?.[1].type === "option" ? found[0] : undefined;
}

function flagsOf({ flags }: KnownCommand): readonly Candidate[] {
  return Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { summary, description }]) => ({ word: `--${name}`, meaning: summary ?? description }));
}

async function valuesOf(
  name: string,
  { command, text, sources }: Typed & { readonly command: KnownCommand },
): Promise<Candidates> {
  const flag = command.flags[name];
  if (flag?.options !== undefined) return plain(flag.options, text);
  if (name === "issuer") return plain(sources.types("providers"), text);
  if (name === "reload") return plain(["none", ...sources.types("reloads")], text);
  return ["file", "state-dir"].includes(name) ? files : nothing;
}

async function argumentsOf({ id, args, flags }: KnownCommand, { text, rest, sources }: Typed): Promise<Candidates> {
  const [entry] = Object.entries(args);
  if (entry === undefined) return nothing;
  const [name, { options, multiple }] = entry;
  const given = positionals(rest, flags);
  if (given.length > 0 && multiple !== true && id !== "exec") return nothing;
  if (options !== undefined) return plain(options, text);
  if (name === "path") return files;
  if (name === "subject") return plain(await sources.subjects(text), text);
  const file = fileIn(rest);
  const names = id.startsWith("plugin:") ? await sources.plugins(file) : await sources.rotations(file);
  return plain(
    names.filter((one) => !given.includes(one)),
    text,
  );
}

function positionals(rest: readonly string[], flags: KnownCommand["flags"]): readonly string[] {
  return rest.filter(
    (word, index) => !word.startsWith("-") && flagBefore(rest[index - 1], { flags } as KnownCommand) === undefined,
  );
}

/** `-f`, wherever it stands. */
function fileIn(rest: readonly string[]): string | undefined {
  const at = rest.findIndex((word) => word === "-f" || word === "--file");
  const joined = rest.find((word) => word.startsWith("--file="));
  return at >= 0 ? rest[at + 1] : joined?.slice("--file=".length);
}
