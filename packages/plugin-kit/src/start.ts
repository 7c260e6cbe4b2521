/** What helps somebody who writes a first spec (`rotate init`). None of it matters to a spec that is there. */

/** The machine that a first spec is written on. Nothing is asked over a network, and no secret is shown: a login is told by names and files. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly home: string;
  /** A small text file; undefined where there is none, or it may not be read. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/** A login that stands ready on the machine. */
export interface FoundLogin {
  /** `profile dev of ~/.databrickscfg` */
  readonly label: string;
  /** Options of the provider, as they stand in a spec: `{ env: NAME }` where a secret is read. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How a part is offered. */
export interface Start {
  /** Its name among others. */
  readonly title: string;
  /** Options that are asked for beside the required ones; `key.path` for one within. */
  readonly options?: readonly string[];
}

/** How a provider is offered. */
export interface ProviderStart extends Start {
  /** Keys of a request that are asked for beside the required ones. */
  readonly request?: readonly string[];
  /** Answers that are offered, by option or by key of the request. */
  readonly offers?: Readonly<Record<string, unknown>>;
  /** When it is refreshed, where a credential does not say when it ends: `refresh` of the rotation. */
  readonly refresh?: Readonly<Record<string, string>>;
  /** Fields of the credential that few consumers need. */
  readonly leaves?: readonly string[];
  /** What this machine could log in with. */
  logins?(machine: Machine): Promise<readonly FoundLogin[]>;
}
