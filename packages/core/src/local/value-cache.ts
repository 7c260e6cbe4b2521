import { lstatSync, readFileSync, rmSync } from "node:fs";
import { createContext, type Runtime } from "@rotate/runtime";
import type { KeptCredential, KeptValues, ValueCache } from "../backend/host-notes.ts";
import { parsedJson } from "../loading/fault.ts";
import { makeFolder } from "./folders.ts";

/** One 0600 file a rotation, under a spec's 0700 state directory. */
export function createValueCache(directory: string, runtime: Runtime): ValueCache {
  const folder = `${directory}/credentials`;
  const pathOf = (rotation: string): string => `${folder}/${rotation}.json`;
  return {
    read: (rotation) => readKept(pathOf(rotation)),
    async write(rotation, kept) {
      const { stageFile } = await import("@rotate/plugin-kit/files");
      makeFolder(folder);
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
  const value = parsedJson(text);
  const kept = keptValues(value);
  const previous = kept && keptValues((value as { readonly previous?: unknown }).previous);
  return kept && { ...kept, ...(previous && { previous }) };
}

function keptValues(value: unknown): KeptValues | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { lease, fields } = value as { readonly lease?: unknown; readonly fields?: unknown };
  if (typeof lease !== "string" || typeof fields !== "object" || fields === null) return undefined;
  const isText = Object.values(fields).every((field) => typeof field === "string");
  return isText ? { lease, fields: { ...(fields as KeptCredential["fields"]) } } : undefined;
}
