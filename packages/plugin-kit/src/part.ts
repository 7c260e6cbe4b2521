import type { Context } from "./context.ts";

/** Where a part can do its work: `host` is this machine alone (its files, its login, its services), `anywhere` any machine that has the spec. */
export type PartScope = "host" | "anywhere";

/** A place on this machine that a part reads or writes. */
export interface LocalPlace {
  /** Absolute. A directory stands for all that is in it. */
  readonly path: string;
  /**
   * The one section of the file that is meant, by the name that it has there: the profile `app` of a credentials file. Who writes another section
   * of the same file is no danger to who reads this one. Absent: the whole file counts.
   */
  readonly section?: string;
}

/** Something that a part must be allowed to do in a Kubernetes cluster, in the words of an RBAC rule. */
export interface ClusterRight {
  readonly verb: string;
  /** Absent: the core group. */
  readonly group?: string;
  /** Plural, as in a rule: `secrets`. */
  readonly resource: string;
  readonly subresource?: string;
  /** Absent: the object is of the whole cluster. */
  readonly namespace?: string;
  /** Absent: a rule cannot limit it to one name (a create by POST). */
  readonly name?: string;
  /** Which cluster, in words of the options. Absent: the one that is used by default. */
  readonly cluster?: string;
}

/** What a part of any kind may say of itself, for the engine. `Options` as the part gets them; a reference stands as the text `{ env: NAME }`. */
export interface PartFacts<Options> {
  /** Absent: `host`. */
  readonly scope?: PartScope | ScopeOf<Options>;
  /** What it stands on: no sink of the spec may write there. Pure, asks nobody; what references of the options lead to is the engine's to know. */
  reads?(options: Options, env: Readonly<Record<string, string | undefined>>): readonly LocalPlace[];
  /** What the files of `reads` point to in turn: it looks into them, before each mint. */
  follows?(ctx: Context<Options>): Promise<readonly LocalPlace[]>;
  /** What it writes on this machine. Pure. Absent: a sink's `target`, where that is an absolute path; of other parts nothing. */
  writes?(options: Options): readonly LocalPlace[];
  /** All that it may have to do in a Kubernetes cluster: the least that its service account is granted. Pure. `request`: a provider is asked for each of its rotations. */
  clusterRights?(options: Options, request?: unknown): readonly ClusterRight[];
}

/** Written as a method's type, so that a part with its own options is a part to the engine. */
interface ScopeMethod<Options> {
  of(options: Options): PartScope;
}
type ScopeOf<Options> = ScopeMethod<Options>["of"];
