import { createHash } from "node:crypto";
import type { Source } from "./credential.ts";

/** The part of an engine of `@rotate/core` that mints in this process. */
export interface CredentialEngine {
  readonly credential: (
    name: string,
    options: { readonly minRemaining?: number; readonly signal?: AbortSignal },
  ) => Promise<{
    readonly fields: Readonly<Record<string, string>>;
    readonly issuedAt: string;
    readonly expiresAt?: string;
  }>;
}

/** Asks an engine of this process: it rotates what is due, and mints where there is none. */
export function engineSource(engine: CredentialEngine, name: string, minRemaining: number): Source {
  return {
    async ask(_refused, signal) {
      const { fields, issuedAt, expiresAt } = await engine.credential(name, { minRemaining, signal });
      const remaining = expiresAt === undefined ? Infinity : Date.parse(expiresAt) - Date.now();
      const fingerprint = createHash("sha256").update(JSON.stringify(fields)).digest("hex").slice(0, 12);
      const credential = { fields, fingerprint, issuedAt, ...(expiresAt !== undefined && { expiresAt }) };
      return { credential, remaining };
    },
  };
}
