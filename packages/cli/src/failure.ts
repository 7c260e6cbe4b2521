/** What went wrong, for people and for `--json`, whoever threw it: the engine, oclif's parser or a bug of ours. */
import type { Diagnostic } from "@rotate/core";
import { docsOf, renderAdvice } from "./output/error-text.ts";
import type { Terminal } from "./output/terminal.ts";

/** What ends a command other than well, as `--json` shows it. `text` is for people only. */
export interface Failure {
  /** `ROTATE_SPEC_INVALID`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The exit code of the process. */
  readonly exit: number;
  /** Everything that is wrong with a spec, as data and with code frames. */
  readonly diagnostics?: readonly Diagnostic[];
  readonly text?: string;
}

interface Thrown extends Error {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly hint?: unknown;
  readonly exitCode?: unknown;
  readonly diagnostics?: Failure["diagnostics"];
  readonly text?: string;
  readonly oclif?: { readonly exit?: number };
}

const usage = 2;
const cannotTell = 6;

/** A usage error of our own. */
export class UsageError extends Error {
  readonly code = "ROTATE_USAGE";
  readonly exitCode = usage;
  readonly hint: string | undefined;

  /** @param message what is wrong, lower case @param hint what to do */
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Reads any error. What is not known to be the user's or the outside's doing is `ROTATE_INTERNAL`, exit 6. */
function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return internal(String(error));
  const { code, hint, exitCode, oclif, diagnostics, text, syscall }: Thrown = error;
  if (typeof code === "string" && code.startsWith("ROTATE_") && typeof exitCode === "number") {
    const known = { code, message: error.message, ...(typeof hint === "string" && { hint }), exit: exitCode };
    return diagnostics === undefined || text === undefined ? known : { ...known, diagnostics, text };
  }
  if (syscall === "uv_cwd") return noDirectory;
  return oclif?.exit === usage ? usageFailure(error.message) : internal(error.message);
}

/** Node cannot say what relative paths are relative to. */
const noDirectory: Failure = {
  code: "ROTATE_USAGE",
  message: "the directory that this was started in is not there any more",
  hint: "change to one that exists",
  exit: usage,
};

/** Prints a failure, as JSON on standard output or for people on standard error, and gives the exit code. */
export function reportFailure(
  error: unknown,
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): number {
  const { text, ...failure } = describeFailure(error);
  const { err, out, paintErr } = terminal;
  const head = `${paintErr("red", "error")}  ${failure.message}`;
  const report = [...(text === undefined ? [] : [text, ""]), head, ...renderAdvice(failure, paintErr)];
  if (json) out(JSON.stringify({ version: 1, error: { ...failure, docs: docsOf(failure.code) } }, null, 2));
  else err(report.join("\n"));
  return failure.exit;
}

/** oclif's sentences without its layout, and without what was typed where a flag was not known: it may be a secret in the wrong place. */
function usageFailure(text: string): Failure {
  const message = text
    .replace(/\nSee more help with --help$/, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/^Nonexistent flags?: (.*)$/, (_, flags: string) => `unknown flag ${flags.replaceAll(/=[^,]*/g, "")}`)
    .replace(/^Unexpected arguments?: .*$/, "more arguments than this command takes");
  return { code: "ROTATE_USAGE", message, hint: "add --help to see what this command takes", exit: usage };
}

function internal(message: string): Failure {
  const hint = "this is a fault in rotate: run again with --log-level debug and report what it prints";
  return { code: "ROTATE_INTERNAL", message, hint, exit: cannotTell };
}
