import type { Claim } from "../backend/claim.ts";
import type { EngineEvent, OnEvent } from "../events.ts";
import type { RotationClock } from "../schedule/clock.ts";
import type { JournalRecord } from "../store/records.ts";
import { instantAt } from "./describe.ts";
import type { Offers } from "./offers.ts";

interface Teller {
  readonly onEvent: OnEvent;
  readonly offers?: Offers;
  readonly clock: Pick<RotationClock, "wallAt">;
}

/** Writes records under a claim. */
export type Journal = (...records: readonly JournalRecord[]) => Promise<void>;

/** Writes records under a claim, and tells of those that are news to somebody outside. */
export function journalOf(claim: Claim, teller: Teller): Journal {
  return async (...records) => {
    const offer = teller.offers?.of(claim.rotation);
    const state = await claim.append(offer?.announce(records, claim.state()) ?? records);
    offer?.take(state);
    for (const record of records) {
      const newsOf = news[record.type] as NewsOf<JournalRecord["type"]> | undefined;
      const event = newsOf?.(record, claim.rotation, teller.clock);
      if (event) teller.onEvent(event);
    }
  };
}

type NewsOf<Type> = (
  record: Extract<JournalRecord, { readonly type: Type }>,
  rotation: string,
  clock: Teller["clock"],
) => EngineEvent | undefined;

const news: { readonly [Type in JournalRecord["type"]]?: NewsOf<Type> } = {
  gone: ({ how, lease }, rotation) => (how === "revoked" ? { type: "lease-revoked", rotation, lease } : undefined),
  "revoke-failed": ({ lease, error }, rotation) => ({ type: "revoke-failed", rotation, lease, message: error }),
  renewed: ({ lease, spent, expiresAt }, rotation, clock) =>
    spent
      ? undefined
      : { type: "lease-renewed", rotation, lease, ...instantAt("expiresAt", expiresAt ?? Infinity, clock) },
  failed({ failure: { code, message, hint, retryable } }, rotation) {
    const error = { code, message, retryable, ...(hint !== undefined && { hint }) };
    return code === "ROTATE_ATTEMPT_KILLED" ? { type: "attempt-killed", rotation, error } : undefined;
  },
};
