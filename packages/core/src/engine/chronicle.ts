import type { Store } from "../backend/backend.ts";
import type { EngineEvent, Events } from "../events.ts";
import type { HistoryEvent } from "../history-report.ts";

/** Keeps for `rotate history` what happens beside the attempts. A renewal is an attempt, and is kept as one; a change of standing is kept as it is told. */
export function keepChronicle(events: Pick<Events, "on">, store: Pick<Store, "recordEvent">, now: () => number): void {
  events.on(async (event) => {
    const entryOf = entries[event.type] as EntryOf<EngineEvent["type"]> | undefined;
    if (entryOf) await store.recordEvent({ at: new Date(now()).toISOString(), ...entryOf(event) });
  });
}

type EntryOf<Type> = (event: Extract<EngineEvent, { readonly type: Type }>) => Omit<HistoryEvent, "at">;

const entries: { readonly [Type in Exclude<HistoryEvent["type"], "standing-changed">]: EntryOf<Type> } & Partial<
  Readonly<Record<EngineEvent["type"], unknown>>
> = {
  "lease-revoked": (event) => ({ ...event, message: `lease ${event.lease} was revoked` }),
  "revoke-failed": (event) => ({ ...event, message: `lease ${event.lease} could not be revoked: ${event.message}` }),
  "renew-failed": (event) => ({
    ...event,
    message: `lease ${event.lease} could not be renewed: ${event.error.message}`,
  }),
  "attempt-killed": (event) => ({ ...event, message: event.error.message }),
};
