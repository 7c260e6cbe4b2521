/** One line of the table: a part of the catalog in a rotation of its own, and how it answers here, where there is nothing behind its port. */
export interface Row {
  /** Default: an issuer of our own. */
  readonly provider?: Options;
  readonly request?: object;
  /** Default: a `.env` of its own. */
  readonly sinks?: readonly Options[];
  readonly verify?: readonly Options[];
  readonly reload?: readonly Options[];
  readonly health?: readonly Options[];
  /** Who is told of all that is wrong in the whole spec. */
  readonly notify?: readonly Options[];
  /** Who asks for it: opened by a watch. */
  readonly serve?: Readonly<Record<string, Options>>;
  /** Where machines see whose turn it is. */
  readonly groups?: Readonly<Record<string, Options>>;
  readonly refresh?: object;
  readonly cache?: boolean;
  /** `rotated`, or the failed phase's code and message. */
  readonly ends: RegExp;
}

/** Of a part, with its type. */
export interface Options {
  readonly type: string;
  readonly [option: string]: unknown;
}

export type Rows = Readonly<Record<string, Row>>;

/** A port at which nobody listens, on this machine: port 1 is no ephemeral one, and free on any machine without tcpmux. */
export const nowhere = "127.0.0.1:1";

/** The answer of what was tried there. */
export function refused(...phases: readonly string[]): RegExp {
  return new RegExp(`^ROTATE_(${phases.join("|")})_UNAVAILABLE .*ECONNREFUSED`);
}

export const rotated = /^rotated$/;

/** Rows of one kind, by name. */
export function rowsOf<T>(
  prefix: string,
  items: Readonly<Record<string, T>>,
  row: (item: T, name: string) => Row,
): Rows {
  return Object.fromEntries(Object.entries(items).map(([name, item]) => [`${prefix}-${name}`, row(item, name)]));
}
