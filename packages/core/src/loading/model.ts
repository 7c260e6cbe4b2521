/** What a loaded spec is, for the rest of the engine: checked, defaults filled, positions no longer needed. */
import type { RefreshPolicy } from "../schedule/policy.ts";
import type {
  AlarmStep,
  Coordinator,
  Endpoint,
  Fields,
  Notifier,
  Probe,
  Provider,
  Reload,
  Sink,
} from "@rotate/plugin-kit";
import type { OptionTree, Template } from "@rotate/runtime";

/** A plugin object named by the spec, with its options. */
export interface Bound<Part> {
  readonly part: Part;
  readonly type: string;
  readonly options: OptionTree;
  /** Where it stands, for people: `rotations.backstage-db.sinks[1]`. */
  readonly where: string;
}

/** One entry under `providers`; its login is shared by all rotations that name it. */
export interface ProviderEntry extends Bound<Provider> {
  /** Its key under `providers`. */
  readonly name: string;
}

/** One target of one rotation, with the templates of what is written there. */
export interface SinkEntry extends Bound<Sink> {
  /** Identity across edits of the spec: a hash of type, canonical target and keys. */
  readonly id: string;
  /** From the sink's own `target`; an option that is a reference stands in it as `{ env: NAME }`. */
  readonly target: string;
  /** Destination key to template; empty for a sink without `values`. */
  readonly values: Readonly<Record<string, Template>>;
}

/** One reload of a rotation: written inline, or under `reloads` and shared. */
export interface ReloadEntry extends Bound<Reload> {
  /** Identity across edits of the spec: a hash of type and options. */
  readonly id: string;
  /** The key under `reloads:`, when several rotations share it. */
  readonly name: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly continueOnError: boolean;
  /** ms to wait for more rotations before a shared reload runs. */
  readonly settle: number;
  /** So many of the group at once, each until it is healthy again. */
  readonly group: ReloadGroup | undefined;
}

/** Reloads that take turns. */
export interface ReloadGroup {
  readonly name: string;
  readonly maxUnavailable: number;
  /** ms of which each machine waits its own part, where they do not see each other. Absent: none. */
  readonly splay?: number;
}

/** One entry under `groups`: where machines see who of a group is away. */
export interface GroupEntry extends Bound<Coordinator> {
  /** Its key under `groups`: the name of the group. */
  readonly name: string;
  /** Who gives no sign of life for so long has lost its turn, ms. */
  readonly deadAfter: number;
}

/** One check, under `verify` or `health`. */
export interface ProbeEntry extends Bound<Probe> {
  /** Milliseconds for one try. */
  readonly timeout: number;
  /** Milliseconds in which it has to succeed; tried again until then. */
  readonly within: number;
}

/** One of `notify`. */
export interface NotifierEntry extends Bound<Notifier> {
  /** Identity across edits of the spec: a hash of type and options. */
  readonly id: string;
  readonly on: readonly AlarmStep[];
  /** So many tries in a row have to fail before `failed` is told. */
  readonly after: number;
  /** ms between two reminders of what lasts; 0: none. */
  readonly remind: number;
}

/** One entry under `serve`: where consumers ask. */
export interface EndpointEntry extends Bound<Endpoint> {
  /** Its key under `serve`. */
  readonly name: string;
  /** Another one where anything of it has changed: then it is opened anew. */
  readonly id: string;
  /** Names of the rotations that it serves. Empty while a list holds them back. */
  readonly rotations: readonly string[];
  readonly listen: EndpointPlace;
  /** User names or ids that may connect to a port. */
  readonly uids: readonly string[] | undefined;
  /** ms that those inside may go on when it ends. */
  readonly drain: number;
}

/** Where an endpoint listens, as the spec says it. */
export type EndpointPlace =
  | { readonly socket: string; readonly mode: string; readonly owner?: string; readonly group?: string }
  | { readonly host: string; readonly port: number };

/** What the endpoints of a rotation ask of it. */
export interface Served {
  /** Some give it away: whoever asked may use it to its end. */
  readonly pulls: boolean;
  /** Some use it in sessions of which they know the end. */
  readonly sessions: boolean;
  /** A new one is there when less than this is left, ms. */
  readonly window: number;
}

/** One credential that is kept fresh. After `foreach`: each entry of the list has one of its own. */
export interface Rotation {
  readonly name: string;
  readonly provider: ProviderEntry;
  readonly request: OptionTree;
  /** Milliseconds of life asked for, when the request says so. */
  readonly ttl: number | undefined;
  readonly fields: Fields;
  readonly verify: readonly ProbeEntry[];
  readonly sinks: readonly SinkEntry[];
  readonly reloads: readonly ReloadEntry[];
  readonly health: readonly ProbeEntry[];
  readonly refresh: RefreshPolicy;
  /** Backoff between failed attempts, milliseconds. */
  readonly retry: { readonly initial: number; readonly max: number };
  readonly onFailure: "keep" | "rollback";
  readonly drift: "report" | "repair";
  readonly overlap: {
    readonly revoke: "adopted" | "always" | "never";
    /** Milliseconds after `settled`. */
    readonly grace: number;
    /** Milliseconds after `settled` at which revocation is given up and the lease left to expire. */
    readonly deadline: number | undefined;
  };
  /** Mints that may come to nothing (outcome unknown, or minted and dropped) before the next one has to wait. */
  readonly budget: { readonly perMinute: number; readonly perHour: number };
  /** Leases alive at once above which it warns. */
  readonly maxLive: number;
  /** Absent: no endpoint gives it. */
  readonly served?: Served | undefined;
  /** The current values are kept in the state directory, for those who ask for them. */
  readonly cache?: boolean;
  /** Changes when the request, a provider option, a sink or a value does: then the rotation is due (`spec-changed`). */
  readonly hash: string;
  /** Absent: that is for its parts to say. */
  readonly moves?: boolean;
  /** Of the one machine that rotates it. */
  readonly host?: string;
  /** The label that a worker needs to take it. */
  readonly runsOn?: string;
  readonly renamedFrom: string | undefined;
  /** The rotation of the spec whose `foreach` made it. */
  readonly family: string | undefined;
}

/** A checked spec: all that the engine works by. Its file is not read again for it. */
export interface Spec {
  readonly version: 1;
  /** Names the state. */
  readonly name: string;
  /** Absolute path of the spec, or `-`. */
  readonly file: string;
  /** One that has the same is the very same spec, of the same build. Absent: nobody says. */
  readonly identity?: string | undefined;
  /** What relative paths are relative to. */
  readonly directory: string;
  /** The spec's own `stateDir`, absolute. */
  readonly stateDir: string | undefined;
  /** As written, checked by schema: the database that several machines share. */
  readonly state?: OptionTree | undefined;
  readonly providers: ReadonlyMap<string, ProviderEntry>;
  readonly rotations: readonly Rotation[];
  /** Plugins by others that it names. Absent: it names none. */
  readonly plugins?: readonly string[];
  /** Absolute paths of its `foreach` lists: it is made of them as well. */
  readonly lists: readonly string[];
  /** How its file and its lists stood when they were read, by path: whoever follows them begins later. Absent: nobody can say. */
  readonly asRead?: ReadonlyMap<string, string>;
  /** Families whose list cannot be used: `rotations` has none of theirs, and none of theirs was taken out of the spec. */
  readonly heldBack: readonly HeldBack[];
  readonly notify: readonly NotifierEntry[];
  readonly serve: readonly EndpointEntry[];
  readonly groups: readonly GroupEntry[];
  /** As written, checked by schema. */
  readonly monitor: OptionTree | undefined;
  /** Where each act is recorded; absolute. */
  readonly audit?: { readonly file: string } | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** Rotations of one `foreach` that are left alone, as they are. */
export interface HeldBack {
  readonly family: string;
  readonly code: "ROTATE_LIST_INVALID" | "ROTATE_SPEC_SHRUNKEN";
  readonly message: string;
  readonly hint: string | undefined;
}

/** One fault or warning, at its place in the file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** From 1; 0 when there is no place. */
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  /** `rotations.db.sinks[0].path`. */
  readonly path: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** The code frame, without colour. */
  readonly frame: string | undefined;
}
