import { lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { isSecret, type Fields, type FieldValues } from "@rotate/plugin-kit";
import { createContext } from "../runtime/context.ts";
import type { Runtime } from "../runtime/types.ts";

/** A credential's values as they are kept or handed over: by lease, so that an older one is never taken for the current one. */
export interface KeptCredential {
  readonly lease: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The values of rotations that say `cache: true`, one 0600 file each in the 0700 state directory. */
export interface CredentialCache {
  /** Undefined when there is none, or it is not one of ours. */
  readonly read: (rotation: string) => KeptCredential | undefined;
  /** Durable when it resolves. Throws RotateError. */
  readonly write: (rotation: string, kept: KeptCredential) => Promise<void>;
  readonly remove: (rotation: string) => void;
}

/** The cache under a spec's state directory. */
export function createCredentialCache(directory: string, runtime: Runtime): CredentialCache {
  const folder = `${directory}/credentials`;
  const pathOf = (rotation: string): string => `${folder}/${rotation}.json`;
  return {
    read: (rotation) => readKept(pathOf(rotation)),
    async write(rotation, kept) {
      const { stageFile } = await import("@rotate/plugin-kit/files");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const ctx = createContext({ runtime, options: {}, signal: new AbortController().signal });
      const bytes = Buffer.from(`${JSON.stringify(kept)}\n`);
      const tools = { ...ctx, mark: `cache of ${rotation}` };
      const prepared = await stageFile(pathOf(rotation), () => bytes, { ctx: tools, mode: "0600" });
      if (prepared.changed) await prepared.commit(ctx);
    },
    remove: (rotation) => rmSync(pathOf(rotation), { force: true }),
  };
}

function readKept(path: string): KeptCredential | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const ours = stats?.isFile() === true && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
  return ours ? parseKept(readFileSync(path, "utf8")) : undefined;
}

/** Undefined for a text that is none. */
export function parseKept(text: string): KeptCredential | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { lease, fields } = value as { readonly lease?: unknown; readonly fields?: unknown };
  if (typeof lease !== "string" || typeof fields !== "object" || fields === null) return undefined;
  const isText = Object.values(fields).every((field) => typeof field === "string");
  return isText ? { lease, fields: { ...(fields as KeptCredential["fields"]) } } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Minted values as plain texts. */
export function textsOf(fields: FieldValues<Fields>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? value.reveal() : value]),
  );
}
