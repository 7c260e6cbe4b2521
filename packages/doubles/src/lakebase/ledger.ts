/** What a gateway remembers: roles, logins, sessions, and the faults it was told to make. */
import type { TLSSocket } from "node:tls";
import type { LoginFault, LoginRecord, SessionRecord } from "./types.ts";
import type { Refusal } from "./wire.ts";

/** What is kept for assertions, and what was told to go wrong. */
export interface Ledger {
  readonly logins: LoginRecord[];
  /** Open sessions by their client's connection. */
  readonly sessions: Map<TLSSocket, SessionRecord>;
  /** When the role of each identity was made, milliseconds since 1970. */
  readonly roles: Map<string, number>;
  /** Roles that log in with a password of their own. */
  readonly nativeRoles: Set<string>;
  readonly faults: LoginFault[];
  readonly troubles: unknown[];
  /** The ordinal of a credential among those seen, from 1. */
  readonly generationOf: (jti: string | undefined) => number | undefined;
  readonly suspend: (waking: number) => void;
  /** The refusal of an endpoint that is waking up; the first call after `suspend` wakes it. */
  readonly asleep: () => Refusal | undefined;
}

/** An empty ledger. */
export function createLedger(now: () => number): Ledger {
  const generations = new Map<string, number>();
  let waking = 0;
  let awakeAt: number | undefined = 0;
  return {
    logins: [],
    sessions: new Map(),
    roles: new Map(),
    nativeRoles: new Set(),
    faults: [],
    troubles: [],
    generationOf(jti) {
      if (jti !== undefined && !generations.has(jti)) generations.set(jti, generations.size + 1);
      return jti === undefined ? undefined : generations.get(jti);
    },
    suspend(milliseconds) {
      waking = milliseconds;
      awakeAt = undefined;
    },
    asleep() {
      awakeAt ??= now() + waking;
      return now() < awakeAt ? { code: "57P03", message: "the database system is starting up" } : undefined;
    },
  };
}
