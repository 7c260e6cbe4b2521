/** A database that rotate makes users in, as an application and as its administrator see it. */

/** Who logs in. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What an application keeps open under one login. */
export interface Pool {
  /** Writes and reads once. Gives the name that it worked under. */
  readonly ask: () => Promise<string>;
  /** Resolves when nothing of it is open any more. */
  readonly end: () => Promise<void>;
}

/** A real server, laid out as its administrator has it before rotate comes. */
export interface Database {
  readonly host: string;
  /** Where it speaks TLS, with a certificate for `localhost`. */
  readonly port: number;
  /** Of the spec: `providers.db`, without the address and the authority. @param address `localhost:PORT` */
  readonly provider: (address: { readonly port: number }) => Readonly<Record<string, unknown>>;
  /** Of the spec: what the rotation asks for. */
  readonly request: Readonly<Record<string, unknown>>;
  /** One statement or command of what `rotate databases setup` prints. */
  readonly run: (statement: string) => Promise<void>;
  readonly pool: (login: Login, ca: string) => Promise<Pool>;
  /** What there is of leases now: users, or marks where users are lasting. */
  readonly leases: () => Promise<number>;
  /** All that the server wrote or shows of what it was asked. */
  readonly written: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Of rotate itself, on every server. */
export const own: Login = { username: "rotate", password: "the-login-of-rotate-itself" };
