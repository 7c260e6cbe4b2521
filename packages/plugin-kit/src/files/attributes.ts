import { existsSync } from "node:fs";
import type { ExecAnswer } from "../context.ts";
import { isRotateError, RotateError } from "../errors.ts";
import type { Handle } from "./handle.ts";
import type { FileTools } from "./options.ts";
import { isPlain } from "./plain.ts";

/** A path for messages and commands, and what runs commands. */
export interface Located {
  readonly path: string;
  readonly tools: FileTools;
}

/** The file that a new one takes its extended attributes (xattr(7)) from, and its access list (acl(5)) if it has one. */
export interface Model {
  readonly path: string;
  readonly hasList: boolean;
}

/** The file at `path` as a model for the one that will replace it; undefined where there is nothing to keep. */
export async function modelOf(now: { readonly mode: number } | undefined, at: Located): Promise<Model | undefined> {
  if (now === undefined || process.platform !== "linux" || isPlain(at.path, at.tools.made)) return undefined;
  return { path: at.path, hasList: await hasAccessList(now, at) };
}

/**
 * True when the file has an access list. Node cannot read one, so `ls` is asked. The list's mask stands in the group bits of the mode: without
 * them no entry is in effect, and nothing needs to be asked.
 */
async function hasAccessList(now: { readonly mode: number }, { path, tools }: Located): Promise<boolean> {
  if ((now.mode & 0o070) === 0) return false;
  try {
    const { exitCode, stdout } = await tools.exec(["ls", "-ldnL", "--", path], { env: { LC_ALL: "C" } });
    if (exitCode === 0) return /^[^ ]+\+ /.test(stdout);
  } catch (error) {
    if (!isRotateError(error) || error.code !== "NOT_FOUND") throw listFault(path, error);
    tools.log.debug("no ls command, so an access list would not be seen", { path });
    return false;
  }
  throw listFault(path);
}

/**
 * Gives the file at `to` the attributes of the model. Node has no call for them; GNU's cp copies them, and an access list along with the mode.
 * Throws FAILED when they cannot be kept. Without GNU's cp only a list is an error: whether there are other attributes cannot be known then.
 */
export async function copyAttributes(model: Model, to: Located): Promise<void> {
  const at = { path: model.path, tools: to.tools };
  const kept = await tryCopy(model, ["--", model.path, to.path], at);
  if (kept && (!model.hasList || (await hasAccessList({ mode: 0o070 }, to)))) return;
  if (model.hasList) throw listFault(model.path);
  if (await tryCopy(model, ["--help"], at)) throw attributesFault(model.path);
  to.tools.log.debug("no cp of GNU coreutils, so extended attributes would be lost", { path: model.path });
}

/** Finds, before it is needed, that the attributes of a file could not be kept: tries it on an open file that has no name. */
export async function rehearseAttributes(model: Model, file: Handle, tools: FileTools): Promise<void> {
  const path = `/proc/${process.pid}/fd/${file.fd}`;
  if (existsSync(path)) await copyAttributes(model, { path, tools });
}

async function tryCopy({ hasList }: Model, words: readonly string[], at: Located): Promise<boolean> {
  const list = hasList ? ["mode"] : [];
  const context = existsSync("/sys/fs/selinux/enforce") ? ["context"] : [];
  const kinds = [...list, "xattr", ...context].join(",");
  return (await copy(["--attributes-only", `--preserve=${kinds}`, ...words], at))?.exitCode === 0;
}

/** Undefined when there is no cp at all. */
async function copy(words: readonly string[], { path, tools }: Located): Promise<ExecAnswer | undefined> {
  try {
    return await tools.exec(["cp", ...words], { env: { LC_ALL: "C" } });
  } catch (error) {
    if (isRotateError(error) && error.code === "NOT_FOUND") return undefined;
    throw attributesFault(path, error);
  }
}

function attributesFault(path: string, cause?: unknown): RotateError {
  return new RotateError(`cannot keep the extended attributes of ${path}`, {
    code: "FAILED",
    retryable: false,
    hint: "look at them with getfattr -d -m - and remove those that rotate may not set (setfattr -x), or set `write: in-place`",
    cause,
  });
}

function listFault(path: string, cause?: unknown): RotateError {
  return new RotateError(`cannot keep the access list (ACL) of ${path}`, {
    code: "FAILED",
    retryable: false,
    hint: "install GNU coreutils (cp, ls), or remove the list with setfacl -b and use mode and group instead",
    cause,
  });
}
