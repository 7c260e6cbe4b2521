import { invalid } from "../errors.ts";

/** How a user is named. */
export interface NameParts {
  readonly prefix: string;
  /** `ctx.leaseId`. */
  readonly leaseId: string;
  /** The longest name that the server takes whole, bytes. */
  readonly longest: number;
}

/** The name of a lease's user: the prefix, an underscore, and what is the lease's own in its id. Throws INVALID when the server would cut it or refuse it. */
export function userNameFor({ prefix, leaseId, longest }: NameParts): string {
  const name = `${prefix}_${leaseId.replace(/^rotate-/, "")}`;
  const tooMany = Buffer.byteLength(name) - longest;
  if (tooMany <= 0) return name;
  throw invalid(
    `a user named ${name} is ${tooMany} bytes longer than the server takes`,
    `give a prefix of ${Math.max(1, Buffer.byteLength(prefix) - tooMany)} bytes at most`,
  );
}
