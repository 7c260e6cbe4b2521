import { join } from "node:path";
import { type ErrorDetails, RotateError } from "@rotate/plugin-kit";
import { readFile } from "./read-file.ts";
import { describeSource, type Source } from "./reference.ts";
import type { Runtime } from "./types.ts";

/** Where references are read. */
export interface ResolveParts extends Pick<Runtime, "env" | "exec"> {
  readonly signal: AbortSignal;
}

function failure(message: string, code: ErrorDetails["code"], hint: string): RotateError {
  return new RotateError(message, { code, retryable: code === "UNAVAILABLE", hint });
}

/** What a spec refers to, it acts on: nobody else may write it. */
const trusted = { trusted: true };

function readEnv(name: string, { env }: ResolveParts): string {
  const value = env[name];
  if (value !== undefined) return value;
  throw failure(`environment variable ${name} is not set`, "NOT_FOUND", "set it where rotate is started");
}

async function readCommand(argv: readonly [string, ...string[]], { exec, signal }: ResolveParts): Promise<string> {
  const { exitCode, stdout } = await exec(argv, {}, signal);
  if (exitCode === 0) return stdout;
  throw failure(`command ${argv[0]} exited with ${exitCode}`, "FAILED", "run it by hand to see what it says");
}

function readCredential(name: string, { env }: ResolveParts): Promise<string> {
  const directory = env["CREDENTIALS_DIRECTORY"];
  if (directory === undefined || directory === "") {
    const hint = "start rotate by systemd with LoadCredential= in the unit";
    throw failure(`no credential ${name}: $CREDENTIALS_DIRECTORY is not set`, "NOT_FOUND", hint);
  }
  if (!/^[^/\0]+$/.test(name) || name === "." || name === "..") {
    throw failure(`${name} is not a credential's name`, "INVALID", "write the name alone, without a path");
  }
  return readFile(join(directory, name), trusted);
}

function read(source: Source, parts: ResolveParts): string | Promise<string> {
  if ("env" in source) return readEnv(source.env, parts);
  if ("file" in source) return readFile(source.file, trusted);
  if ("exec" in source) return readCommand(source.exec, parts);
  return readCredential(source.credential, parts);
}

/**
 * The text that a reference leads to, read now, without one trailing newline. Throws NOT_FOUND when it leads nowhere, INVALID when it is empty or no text,
 * DENIED when a file may not be read, or root would read what others can write, FAILED when a command says no; the message names what and where, never a value.
 */
export async function resolveReference(source: Source, parts: ResolveParts): Promise<string> {
  const text = (await read(source, parts)).replace(/\r?\n$/, "");
  if (text !== "") return text;
  throw failure(`${describeSource(source)} is empty`, "INVALID", "put the value there, or take the reference out");
}
