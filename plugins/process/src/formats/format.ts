import type { Context, ExecAnswer, Expires, Fields, RotateError, Text } from "@rotate/plugin-kit";
import type { CommandCall } from "../command.ts";
import type { Document } from "../document.ts";
import type { Request } from "../request.ts";

/** How one kind of command is called and read. */
export interface Format {
  /** Pure: templates are checked against it offline. */
  readonly fields: (asked: Request) => Fields;
  /** What the convention adds to the command line, the environment and the standard input. */
  readonly call?: (asked: Request) => Pick<CommandCall, "args" | "env" | "stdin">;
  /** Throws BAD_ANSWER. */
  readonly parse: (stdout: string, asked: Request) => Document;
  readonly read: (document: Document, parts: ReadParts) => Readonly<Record<string, Text>>;
  readonly expires: (document: Document, asked: Request) => Expires | undefined;
  /** An exit code other than 0 with a meaning of its own. */
  readonly refusal?: (answer: ExecAnswer) => RotateError | undefined;
}

/** What reading an output needs besides the output. */
export interface ReadParts {
  readonly asked: Request;
  readonly secret: Context["secret"];
}

/** Drops what is undefined. */
export function present(fields: Readonly<Record<string, Text | undefined>>): Readonly<Record<string, Text>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
