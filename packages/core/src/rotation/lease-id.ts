import { randomUUID } from "node:crypto";

/** A new lease id: 24 characters of `[a-z0-9-]`, fit for a session name, a tag or a comment. */
export function newLeaseId(): string {
  return `rotate-${randomUUID().replaceAll("-", "").slice(0, 17)}`;
}
