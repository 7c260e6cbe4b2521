import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Spec } from "@rotate/core";

/** The longest path of a Unix socket, with its end (unix(7)). */
const longest = 107;

/** Where a running watch is asked: a socket for its user alone, beside the state. @param directory of the state */
export function socketPath(directory: string): string {
  return join(directory, "control.sock");
}

/** Can there be a socket at this path? */
export function isPossible(path: string): boolean {
  return Buffer.byteLength(path) < longest;
}

/** The same for who works by the same spec and on the same state: the file, what `state` says, and all that makes a rotation due when it changes. */
export function specKey({ file, state, rotations }: Pick<Spec, "file" | "state" | "rotations">): string {
  const facts = [file, state ?? "local", rotations.map(({ name, hash }) => [name, hash])];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}
