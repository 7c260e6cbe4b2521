/** The words of a command line, as far as they are plainly well-formed. `parseArgs` of node:util takes more of them, and a millisecond of each start. */

/** What one flag takes, as oclif's manifest has it. */
export interface FlagForm {
  readonly type: "boolean" | "option";
  readonly char?: string;
  readonly multiple?: boolean;
}

/** What stands in a command line. */
export interface Words {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** A flag as it was written: `--name`, `--name=value`, `-n` or `-nvalue`. */
interface Written {
  readonly name: string;
  readonly value: string | undefined;
}

type Flags = Readonly<Record<string, FlagForm>>;

/** Undefined when oclif has to look at it: a flag that does not exist, or is named twice, or lacks its value; or what other words belong to is not plain. */
export function wordsOf(argv: readonly string[], flags: Flags): Words | undefined {
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  const rest = argv.values();
  for (const word of rest) {
    if (!isFlag(word)) positionals.push(word);
    else if (!take(writtenIn(word, flags), rest)) return undefined;
  }

  /** False when it cannot be taken. */
  function take({ name, value: attached }: Written, following: Iterator<string, undefined>): boolean {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined || (Object.hasOwn(values, name) && flag.multiple !== true)) return false;
    if (flag.type === "boolean") {
      values[name] = true;
      return attached === undefined;
    }
    const value = attached ?? following.next().value;
    if (value === undefined || (attached === undefined && isFlag(value))) return false;
    values[name] = flag.multiple === true ? [...((values[name] as string[] | undefined) ?? []), value] : value;
    return true;
  }
  // oclif gives all words that follow one that may be named often to it.
  const isGreedy = positionals.length > 0 && Object.keys(values).some((name) => flags[name]?.multiple === true);
  return isGreedy ? undefined : { values, positionals };
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function writtenIn(word: string, flags: Flags): Written {
  if (!word.startsWith("--")) return shortIn(word, flags);
  const end = word.indexOf("=");
  return end < 0 ? { name: word.slice(2), value: undefined } : { name: word.slice(2, end), value: word.slice(end + 1) };
}

/** What nobody's letter it is has no name. */
function shortIn(word: string, flags: Flags): Written {
  const [name = ""] = Object.entries(flags).find(([, { char }]) => char === word[1]) ?? [];
  const value = word.length > 2 ? word.slice(2) : undefined;
  return { name: value?.startsWith("=") === true ? "" : name, value };
}
