import { createHash } from "node:crypto";
import { type BigIntStats, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "@rotate/runtime";
import { orAbsent } from "./roots/real-place.ts";
import { sourcesOf } from "./followed.ts";
import type { Rotation } from "./model.ts";

/** Differs when what a rotation logs in and asks with may be another than before. Undefined: nothing of it stands on this machine. */
export type SourceMark = (rotation: Rotation) => string | undefined;

/** By what the file system tells of the places, never by their content. */
export function createSourceMark(env: Runtime["env"]): SourceMark {
  const known = new WeakMap<Rotation, readonly string[]>();
  return (rotation) => {
    const places = known.get(rotation) ?? sourcesOf(rotation, env);
    known.set(rotation, places);
    if (places.length === 0) return undefined;
    return createHash("sha256").update(places.map(stampOf).join("\n")).digest("hex").slice(0, 16);
  };
}

/** A file as it stands there, or a directory with the files that are in it: what is further down changes with logs, too. What cannot be looked at counts as absent. */
export function stampOf(path: string): string {
  const stamp = orAbsent(() => {
    const stats = statSync(path, { bigint: true });
    if (!stats.isDirectory()) return stampIn(stats);
    return readdirSync(path)
      .map((name) => `${name} ${orAbsent(() => stampIn(statSync(join(path, name), { bigint: true }))) ?? ""}`)
      .join(" ");
  });
  return stamp ?? "";
}

function stampIn(stats: BigIntStats): string {
  return stats.isFile() ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : "";
}
