import type { FieldValues, Fields } from "@rotate/plugin-kit";
import type { KeptCredential } from "../backend/host-notes.ts";
import { currentLease, leaseBefore, textsOf } from "../credential/find.ts";
import type { Served } from "../loading/model.ts";
import type { Offer, Offered, Offers, Shown } from "../rotation/offers.ts";
import type { JournalRecord } from "../store/records.ts";
import type { LeaseId, LeaseState, RotationState } from "../store/state.ts";

/** Values minted by this process, by lease. */
export type ValuesOf = (lease: LeaseId) => FieldValues<Fields> | undefined;

/** Nothing is offered yet. */
export function createOffers(valuesOf: ValuesOf): Offers {
  const offers = new Map<string, { readonly offer: Offer; readonly serve: (served: Served) => void }>();
  return {
    of: (rotation) => offers.get(rotation)?.offer,
    open(rotation, served) {
      const known = offers.get(rotation) ?? createOffer(valuesOf);
      known.serve(served);
      offers.set(rotation, known);
      return known.offer;
    },
    keepOnly(rotations) {
      for (const name of offers.keys()) if (!rotations.has(name)) offers.delete(name);
    },
  };
}

function createOffer(valuesOf: ValuesOf) {
  const sessions = new Map<LeaseId, number>();
  const listeners = new Set<() => void>();
  let how: Served = { pulls: false, sessions: false, window: 0 };
  let shown: Shown | undefined;
  let current: LeaseId | undefined;

  function offered(lease: LeaseState | undefined, known?: KeptCredential): Offered | undefined {
    if (lease === undefined || !isUsable(lease)) return undefined;
    const minted = valuesOf(lease.id);
    const kept = [shown, shown?.previous].find((one) => one?.lease.id === lease.id)?.fields;
    const told = [known, known?.previous].find((one) => one?.lease === lease.id)?.fields;
    const fields = minted ? textsOf(minted) : (told ?? kept);
    return fields && { lease, fields };
  }

  /** The live lease before this one, if its values are known. That it has ended is seen when it is given. */
  function previousOf({ id }: LeaseState, state: RotationState, known?: KeptCredential): Offered | undefined {
    return offered(leaseBefore(id, state, -Infinity), known);
  }

  function showOf(state: RotationState, known: KeptCredential | undefined): Shown | undefined {
    const lease = currentLease(state);
    current = lease?.id;
    const found = offered(lease, known);
    if (found !== undefined) return { ...found, previous: previousOf(found.lease, state, known) };
    // Somebody else published what nobody here knows: what lives is better than nothing.
    const old = shown && offered(state.leases[shown.lease.id]);
    return old && { ...old, previous: previousOf(old.lease, state) };
  }

  const offer: Offer = {
    shown: () => shown,
    isCurrent: () => shown !== undefined && shown.lease.id === current,
    announce: (records, state) =>
      records.flatMap((record) =>
        record.type === "published" ? [record, ...notes(record.lease, how, state)] : [record],
      ),
    owed(state) {
      const lease = currentLease(state);
      const ended = (state.sessions ?? []).filter((id) => id !== lease?.id && !sessions.has(id));
      return [
        ...ended.map((id) => ({ type: "released", lease: id }) as const),
        ...(lease ? notes(lease.id, how, state) : []),
      ];
    },
    take(state, known) {
      const before = shown?.lease.id;
      shown = showOf(state, known);
      if (shown?.lease.id !== before) for (const listener of listeners) listener();
    },
    hold(lease, onEnd) {
      sessions.set(lease, (sessions.get(lease) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (sessions.get(lease) ?? 1) - 1;
        if (left > 0) sessions.set(lease, left);
        else sessions.delete(lease);
        onEnd(left === 0);
      };
    },
    sessions: () => sessions,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return { offer, serve: (served: Served) => void (how = served) };
}

/** Before an endpoint gives a lease: whoever asks may use it to its end, a session until that closes. */
function notes(id: LeaseId, { pulls, sessions }: Served, state: RotationState): readonly JournalRecord[] {
  return [
    ...(pulls && state.leases[id]?.pinned !== true ? [{ type: "pinned", lease: id } as const] : []),
    ...(sessions && state.sessions?.includes(id) !== true ? [{ type: "served", lease: id } as const] : []),
  ];
}

function isUsable({ phase, foreign, dead }: LeaseState): boolean {
  return phase === "live" && foreign !== true && dead !== true;
}
