import type { LeaseTerms, Secret } from "@rotate/plugin-kit";
import type { Handle, Request, UserContext } from "./options.ts";

/** A mint, ready to be sent. */
export interface Asked {
  readonly request: Request;
  readonly leaseId: string;
  /** The verifier, or the password. */
  readonly secret: Secret;
  readonly ctx: UserContext;
}

/** A handle with the id of its lease. */
export type Held = Handle & { readonly id: string };

/** How users are come by. */
export interface Strategy {
  readonly mint: (asked: Asked) => Promise<{ readonly user: string } & LeaseTerms<Handle>>;
  readonly find: (leaseId: string, ctx: UserContext) => Promise<LeaseTerms<Handle> | undefined>;
  readonly revoke: (held: Held, ctx: UserContext) => Promise<void>;
  readonly lives: (held: Held, ctx: UserContext) => Promise<boolean>;
}

/** The server lets a user in for longer than we say, so that it never ends before its lease. ms */
export const grace = 5000;

/** The terms of a user that is found. @param left milliseconds until the server refuses it; null: it has no end */
export function termsFor(left: number | null, handle: Handle): LeaseTerms<Handle> {
  return { expires: left === null ? "never" : { in: Math.max(1, left - grace) }, handle };
}
