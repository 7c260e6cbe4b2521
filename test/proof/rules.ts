/** A rule of the engine, and how to switch it off. Where two rules guard the same promise, both are off. */
export interface Rule {
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** A text in the engine's sources, wherever it stands, and what to put in its place. */
export interface Edit {
  readonly from: string;
  readonly to: string;
}

const noLook: Edit = { from: "if (!(await nobodyHolds(session, lease)))", to: "if (1 > 2)" };

/** No sync waits for records of these types. */
function unsynced(...types: readonly string[]): Edit {
  const from = 'unannounced: ReadonlySet<JournalRecord["type"]> = new Set([';
  return { from, to: `${from}${types.map((type) => JSON.stringify(type)).join()},` };
}

/** No act waits for the sync of records of these types; they are written at once. */
function unwaited(...types: readonly string[]): Edit {
  const from = 'const told: ReadonlySet<JournalRecord["type"]> = new Set([';
  return { from, to: `${from}${types.map((type) => JSON.stringify(type)).join()},` };
}

export const rules: readonly Rule[] = [
  {
    name: "pins: what may be held is not revoked",
    edits: [{ from: "return leasesIn(state, () => true);", to: "return [];" }],
  },
  {
    name: "may-hold of the sink before the write",
    edits: [
      { from: "withLease(addMay(before, sink, lease), lease, { exposed", to: "withLease(before, lease, { exposed" },
    ],
  },
  {
    name: "deadline over everything that may be held",
    edits: [
      {
        from: "held.get(state) ?? heldLeases(state).map((id) => state.leases[id]!);",
        to: "[publishedLease(state) ?? []].flat();",
      },
    ],
  },
  {
    name: "look at the sinks before revoking",
    edits: [noLook],
  },
  {
    name: "what the consumers may hold is pinned, and in doubt until a later lease is settled",
    edits: [
      { from: "consumers: union(exposed.consumers, [lease]) }", to: "consumers: exposed.consumers }" },
      { from: " || current.settledAt <= lease.lastDoubtAt", to: "" },
    ],
  },
  {
    name: "ghosts: a mint whose answer was lost is listed",
    edits: [
      { from: "const unknown = isGhost ? { unknownUntil: ghostUntil(session) } : {};", to: "const unknown = {};" },
    ],
  },
  {
    name: "ghosts: a mint that was cut off is listed",
    edits: [
      {
        from: '[{ type: "mint-failed", lease, ...(until !== undefined && { unknownUntil: until }) }]',
        to: '[{ type: "mint-failed", lease }]',
      },
    ],
  },
  {
    name: "undo only where the previous lease outlives its margin",
    edits: [{ from: "> now();\n}", to: "> 0 * now();\n}" }],
  },
  {
    name: "undo only to one lease in all sinks",
    edits: [
      {
        from: "const previous = allHold(state(), sinkIds(rotation), candidate) ? candidate : undefined;",
        to: "const previous = candidate;",
      },
    ],
  },
  {
    name: "the issuer's clock in undo",
    edits: [
      {
        from: "return Math.max(after.told - before.told - (after.asOf - before.asOf), 0);",
        to: "return 0;",
      },
    ],
  },
  {
    name: "unknown is not failed",
    edits: [
      {
        from: ": await resolveUnknown(session, sink, lease)",
        to: ': ((await resolveUnknown(session, sink, lease)), "failed" as const)',
      },
    ],
  },
  {
    name: "fencing write before asking a sink",
    edits: [
      {
        from: 'if (canFence && (await fenced(session, sink))) return "refused";',
        to: 'if (canFence) return "refused";',
      },
    ],
  },
  {
    name: "fencing write in recovery",
    edits: [{ from: "await ruleOut(session, sink, landing)", to: '"refused"' }],
  },
  {
    name: "epoch and lock are looked at before each act",
    edits: [{ from: "if (!isOurs() || epoch !== state.epoch) lose();", to: "void epoch;" }],
  },
  {
    name: "same value is the same lease",
    edits: [{ from: '(lease) => lease.phase === "live" && isSame(lease, accepted.fields, deps),', to: "() => false," }],
  },
  {
    name: "same value seen in a sink after the state was lost",
    edits: [
      noLook,
      { from: 'if (sinks.length > 0) await session.journal({ type: "recognised", lease, sinks });', to: "" },
    ],
  },
  {
    name: "recovery revokes nothing: what was minted counts as exposed",
    edits: [
      noLook,
      {
        from: 'if (early && !seen) return [{ type: "doubt", lease }, { type: "closed" }];',
        to: 'if (early && !seen) return [{ type: "dropped", lease }, { type: "closed" }];',
      },
    ],
  },
  {
    name: "mixed sinks are minted for at once",
    edits: [{ from: 'if (state.owed?.kind === "publish") return "mixed";', to: "" }],
  },
  {
    name: "a sink nobody read yet holds what nobody can explain",
    edits: [{ from: 'state.sinks[sink]?.may.length === 0 ? addMay(state, sink, "foreign") : state', to: "state" }],
  },
  {
    name: "a sink that left the spec in the middle of an attempt pins its lease",
    edits: [
      {
        from: "may: sink.abandoned ? sink.may : union(sink.may, unfinished),",
        to: "may: union(sink.may, unfinished.slice(0, 0)),",
      },
    ],
  },
  {
    name: "an undo whose answer was lost is fenced at once",
    edits: [
      {
        from: 'isDefinite(innerError(error)) ? "failed" : await resolveUnknown(session, sink, to)',
        to: 'isDefinite(innerError(error)) ? "failed" : ("unknown" as "unknown" | "written")',
      },
    ],
  },
  {
    name: "a refused answer that names what is in use is not given back",
    edits: [{ from: "if (knownLease(session, minted) !== undefined) return true;", to: "" }],
  },
  {
    name: "an intent is durable before the mint",
    edits: [unsynced("intent")],
  },
  { name: "a write is announced durably", edits: [unsynced("committing")] },
  { name: "a revocation is announced durably", edits: [unwaited("revoking")] },
  {
    name: "what may have been revoked, and is held, is lost",
    edits: [{ from: "isDead(lease) || mayBeRevoked(lease)", to: "isDead(lease)" }],
  },
  {
    name: "what may have been revoked is put back nowhere",
    edits: [{ from: " || isBroken(previous)) return false;", to: ") return false;" }],
  },
  {
    name: "that a revocation fails says nothing of one before it",
    edits: [{ from: "...(mayBeDone(before) && { unknown: true })", to: "" }],
  },
  {
    name: "late writes stay in the set of their sink",
    edits: [{ from: "return (sink?.late ?? []).filter(({ until }) => until >= at);", to: "return [];" }],
  },
  {
    name: "late writes: a repeated credential is on its way as well",
    edits: [{ from: "return may.length > 1 || (attempt", to: "return may.length > 1 || (false && attempt" }],
  },
  {
    name: "what a sink that cannot be read may hold since before is not revoked",
    edits: [{ from: "if (session.rotation.sinks.some((sink) => isUnknown(session, sink))) return false;", to: "" }],
  },
  {
    name: "late writes: nothing is undone that a late one may land over",
    edits: [{ from: "if (inDoubt) return { write: withoutUndo(write), result };", to: "" }],
  },
  {
    name: "late writes are outlasted before anybody is reloaded",
    edits: [{ from: "if (!(await outlast(session, sinks, lease)))", to: "if (sinks.length > 100)" }],
  },
  {
    name: "late writes are outlasted before a mint that kills",
    edits: [{ from: "await outlastBeforeKill(session);", to: "" }],
  },
  {
    name: "late writes: what a clock leapt over is no time that they had",
    edits: [{ from: "if (leapt <= 0) return state;", to: "if (leapt < Infinity) return state;" }],
  },
  {
    name: "what is published and was never heard of is lost",
    edits: [{ from: 'if (publishedLease(moment.state)?.phase === "ghost") return true;', to: "" }],
  },
  {
    name: "late writes: a fence that fails keeps the doubt",
    edits: [
      {
        from: 'return !canFence && lateWrites === undefined ? "ended" : "possible";',
        to: 'return "ended";',
      },
    ],
  },
];
