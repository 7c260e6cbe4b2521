/** What stands in `rotate.lock` about each plugin. */
import type { Description } from "./describe.ts";
import type { Allowed } from "./npm/needs.ts";

/** One program that was approved. */
export interface ProgramEntry {
  readonly kind: "executable";
  readonly protocol: 1;
  /** By platform, `any` for scripts, the `sha256-…` of its file. */
  readonly platforms: Readonly<Record<string, string>>;
  /** Of a script. Not pinned itself: a program is as trustworthy as what runs it. */
  readonly interpreter?: string;
  readonly describe: Description;
}

/** One npm package that was approved, with all that it depends on. */
export interface PackageEntry {
  readonly kind: "npm";
  readonly version: string;
  readonly protocol: 1;
  readonly apiVersion: number;
  /** Of all packages. */
  readonly integrity: string;
  /** By `name@version`. Of the plugin's own package each file, so that a refusal can say which one changed. */
  readonly packages: Readonly<
    Record<string, { readonly integrity: string; readonly files?: Readonly<Record<string, string>> }>
  >;
  readonly allow: Allowed;
  readonly describe: Description;
}

/** One plugin that was approved. */
export type LockEntry = ProgramEntry | PackageEntry;

/** By the name in the spec. */
export type Lock = Readonly<Record<string, LockEntry>>;
