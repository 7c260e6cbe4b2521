import { invalid } from "../fault.ts";

/** The steps of a JSON Pointer (RFC 6901) below the document's root. */
export type Path = readonly string[];

/** Keys of a sink that edits a document: no empty pointer, and none of the names that would reach into JavaScript's own objects. */
export const pointerKeys = {
  pattern: "^(?!.*/(?:__proto__|constructor|prototype)(?:/|$))(?:/(?:[^/~]|~[01])*)+$",
  description: "a JSON Pointer, such as /db/password",
} as const;

const forbidden = ["__proto__", "constructor", "prototype"];

/** Splits a JSON Pointer. Throws INVALID for what is none, and for names that would reach into JavaScript's own objects. */
export function parsePointer(pointer: string): Path {
  if (!/^(?:\/(?:[^/~]|~[01])*)+$/.test(pointer)) {
    throw invalid(
      `${pointer} is not a JSON Pointer`,
      "write it as /db/password; ~1 stands for a slash in a name, ~0 for a tilde",
    );
  }
  const path = pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const bad = path.find((step) => forbidden.includes(step));
  if (bad === undefined) return path;
  throw invalid(`${pointer} names ${bad}, which no document of ours may hold`, "choose another name");
}

/** The JSON Pointer of a path. */
export function formatPointer(path: Path): string {
  return path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
