/** Manual pages, made from what the commands say of themselves (man-pages(7), man(7)): `rotate.1`, and one for each command. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface ManualFlag {
  readonly type: "boolean" | "option";
  readonly char?: string;
  readonly helpValue?: string;
  readonly options?: readonly string[];
  readonly description?: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly env?: string;
  readonly default?: unknown;
}

/** A command as oclif's manifest has it. */
export interface ManualCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly flags: Readonly<Record<string, ManualFlag>>;
  readonly args: Readonly<
    Record<string, { readonly description?: string; readonly required?: boolean; readonly multiple?: boolean }>
  >;
  readonly examples?: readonly (string | { readonly description: string; readonly command: string })[];
}

/** Text for troff: a backslash is its escape, a dot or quote at a line's beginning its request, and a dash would be a hyphen. */
export function troff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/^(?=[.'])/gm, "\\&")
    .replaceAll(/[^\x00-\x7f]/g, (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`);
}

function header(name: string, version: string): string {
  return `.\\" Made by scripts/man.ts\n.TH ${name.toUpperCase().replaceAll("-", "\\-")} 1 "" "rotate ${version}" "rotate"`;
}

function paragraphs(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => `.PP\n${troff(paragraph.trim())}`)
    .join("\n");
}

function title({ id }: ManualCommand): string {
  return `rotate-${id.replaceAll(":", "-")}`;
}

function synopsis({ id, args, flags }: ManualCommand): string {
  const words = Object.entries(args).map(([name, { required, multiple }]) => {
    const word = `\\fI${troff(name)}\\fR${multiple === true ? " ..." : ""}`;
    return required === true ? word : `[${word}]`;
  });
  const options = Object.keys(flags).length > 0 ? ["[\\fIoptions\\fR]"] : [];
  return `\\fBrotate ${troff(id.replaceAll(":", " "))}\\fR ${[...options, ...words].join(" ")}`.trimEnd();
}

function option([name, { type, char, helpValue, options, description, summary, env, default: preset }]: readonly [
  string,
  ManualFlag,
]): string {
  const value =
    type === "boolean" ? "" : ` \\fI${troff(helpValue ?? (options === undefined ? "VALUE" : options.join("|")))}\\fR`;
  const notes = [
    ...(typeof preset === "string" ? [`Default: ${preset}.`] : []),
    ...(env === undefined ? [] : [`Environment: ${env}.`]),
  ].join(" ");
  const text = `${summary ?? description ?? ""}${notes === "" ? "" : `\n${notes}`}`;
  return `.TP\n${char === undefined ? "" : `\\fB\\-${char}\\fR, `}\\fB\\-\\-${troff(name)}\\fR${value}\n${troff(text)}`;
}

/** The page of one command. */
export function pageOf(command: ManualCommand, version: string): string {
  const { summary = "", description = "", flags, args, examples = [] } = command;
  const words = Object.entries(args).map(
    ([name, { description: text = "" }]) => `.TP\n\\fI${troff(name)}\\fR\n${troff(text)}`,
  );
  const shown = Object.entries(flags).filter(([, { hidden }]) => hidden !== true);
  const [text = "", exits] = description.split(/\n*Exit codes: /);
  return [
    header(title(command), version),
    `.SH NAME\n${troff(title(command))} \\- ${troff(summary.replace(/\.$/, ""))}`,
    `.SH SYNOPSIS\n${synopsis(command)}`,
    `.SH DESCRIPTION\n${paragraphs(text === "" ? summary : text)}`,
    ...(words.length > 0 ? [`.SH ARGUMENTS\n${words.join("\n")}`] : []),
    ...(shown.length > 0 ? [`.SH OPTIONS\n${shown.map(option).join("\n")}`] : []),
    ...(exits === undefined ? [] : [`.SH "EXIT STATUS"\n${paragraphs(exits)}`]),
    ...(examples.length > 0 ? [`.SH EXAMPLES\n${examples.map(example).join("\n")}`] : []),
    `.SH "SEE ALSO"\n\\fBrotate\\fR(1)`,
    "",
  ].join("\n");
}

function example(given: string | { readonly description: string; readonly command: string }): string {
  const { description, command } = typeof given === "string" ? { description: "", command: given } : given;
  const line = troff(command.replaceAll(/<%= config.bin %>/g, "rotate"));
  return `${description === "" ? ".PP" : `.PP\n${troff(description)}:`}\n.PP\n.RS 4\n.nf\n${line}\n.fi\n.RE`;
}

/** The page of the whole. */
export function overviewOf(commands: readonly ManualCommand[], version: string): string {
  const listed = commands.map((command) => `.TP\n\\fB${troff(title(command))}\\fR(1)\n${troff(command.summary ?? "")}`);
  return [
    header("rotate", version),
    ".SH NAME\nrotate \\- short\\-lived credentials for applications that expect long\\-lived ones",
    ".SH SYNOPSIS\n\\fBrotate\\fR \\fIcommand\\fR [\\fIoptions\\fR]",
    ".SH DESCRIPTION\n.PP\nMints a credential, checks it, writes it where the application reads it, makes the application take it up, and only then lets the old one go. What is kept fresh stands in a spec, \\fIrotate.yaml\\fR; \\fBrotate init\\fR writes a first one, and \\fBrotate explain\\fR tells what a key of it means.",
    `.SH COMMANDS\n${listed.join("\n")}`,
    ".SH FILES\n.TP\n\\fIrotate.yaml\\fR\nThe spec, in the directory of the command, unless \\fB\\-f\\fR or ROTATE_FILE names another.\n.TP\n\\fI/var/lib/rotate\\fR\nThe state of root; of other users \\fI~/.local/state/rotate\\fR.",
    '.SH "EXIT STATUS"\n.PP\nOf \\fBrotate run\\fR and \\fBrotate status \\-\\-check\\fR: 0 all is well; 1 needs attention, what is held works; 2 usage or spec error; 3 a credential is expired or inside its margin; 4 published, but a reload or health probe is owed; 5 another process holds a lock; 6 could not tell.',
    "",
  ].join("\n");
}

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

if (import.meta.main) {
  const { commands, version } = JSON.parse(readFileSync(at("../oclif.manifest.json"), "utf8")) as {
    readonly commands: Readonly<Record<string, ManualCommand>>;
    readonly version: string;
  };
  rmSync(at("../man"), { recursive: true, force: true });
  mkdirSync(at("../man"));
  const all = Object.values(commands);
  writeFileSync(at("../man/rotate.1"), overviewOf(all, version));
  for (const command of all) writeFileSync(join(at("../man"), `${title(command)}.1`), pageOf(command, version));
}
