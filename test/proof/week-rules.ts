import type { Rule } from "./rules.ts";

/**
 * The rules of time, and how to switch each off. Where two rules guard the same promise, both are off. That an end beyond ten years is none breaks no promise of a week, since
 * nothing comes of either within one: what is said of it is asked by the old fault "an end in the year 33715 is believed".
 */
export const weekRules: readonly Rule[] = [
  {
    name: "terms count from the last renewal, not from the mint",
    edits: [{ from: "lease: lease.id,\n      asOf: asked.time,", to: "lease: lease.id,\n      asOf: lease.asOf," }],
  },
  {
    name: "a value that is seen again counts from now",
    edits: [
      {
        from: "const ends = { asOf, expiresAt, ...(diesAt !== undefined && { diesAt }) };",
        to: "const ends = { expiresAt, ...(diesAt !== undefined && { diesAt }) };",
      },
    ],
  },
  {
    name: "a lease ends with its login",
    edits: [
      { from: "return Math.min(expiresAt ?? Infinity, diesAt ?? Infinity);", to: "return expiresAt ?? Infinity;" },
    ],
  },
  {
    name: "a mint takes a login with half of its life left",
    edits: [{ from: "need: { atLeastHalf: true }", to: "need: {}" }],
  },
  {
    name: "the margin is never over a fifth of the life",
    edits: [
      {
        from: "return Math.min(policy.margin ?? clamp(life / 10, minute, 10 * minute), life / 5);",
        to: "return policy.margin ?? clamp(life / 10, minute, 10 * minute);",
      },
    ],
  },
  {
    name: "a life shorter than asked is taken",
    edits: [
      {
        from: "const short = ttl !== undefined && period === undefined && missing > shortfall && missing > ttl / 20;",
        to: 'const short = ttl !== undefined && period === undefined && missing > shortfall && missing > ttl / 20;\n  if (short) throw badAnswer("shorter than asked");',
      },
    ],
  },
  {
    name: "a life shorter than asked is scheduled by what was given",
    edits: [
      {
        from: "given: life,\n    span: life,\n    warnings,",
        to: "given: rotation.ttl ?? life,\n    span: rotation.ttl ?? life,\n    warnings,",
      },
    ],
  },
  {
    name: "a life that nobody can keep fresh is refused",
    edits: [{ from: "const shortestLife = 5_000;", to: "const shortestLife = 0;" }],
  },
  {
    name: "renewals ask for the life once given",
    edits: [
      {
        from: "return Math.min(ttl ?? Infinity, givenOf(lease));",
        to: "return ttl ?? Math.max(givenOf(lease), age(lease));",
      },
      {
        from: "/** Renewals ask for the life once given",
        to: "const age = (lease: object): number => (lease as LeaseState).expiresAt! - (lease as LeaseState).issuedAt;\n/** Renewals ask for the life once given",
      },
    ],
  },
  {
    name: "under a timer a renewal must last until the run after the next one",
    edits: [
      {
        from: "return cadence === undefined || usable(life) + blurOf(whole) >= clamp(2 * cadence, 0, usable(whole));",
        to: "return cadence === undefined || usable(life) + blurOf(whole) >= clamp(0 * cadence, 0, usable(whole));",
      },
    ],
  },
  {
    name: "a renewal that lacks what clocks and calls blur is none that was cut short",
    edits: [{ from: "return Math.min(life / 20, 10_000);", to: "return 0 * life;" }],
  },
  {
    name: "a renewal that gave too little leaves the lease due",
    edits: [{ from: "...(!enough && { spent: true }),", to: "" }],
  },
  {
    name: "an outage at a renewal is no reason to mint",
    edits: [
      {
        from: 'if (!refused && now < warnAt(lease, rotation.refresh, cron)) return { result: "failed", failure };',
        to: "void [refused, now, cron];",
      },
    ],
  },
  {
    name: "a renewal does not starve an owed reload",
    edits: [
      {
        from: 'if (reloadable && !force && isAliveRenewable(moment)) return { action: "reload", next: now };',
        to: "void isAliveRenewable;",
      },
    ],
  },
  {
    name: "a run does all that is due, not one action",
    edits: [
      {
        from: 'if (!wentWell || decision.action !== "reload") return { ended, decision };',
        to: "void wentWell;\n    return { ended, decision };",
      },
    ],
  },
  {
    name: "a lease whose reload is owed is renewed",
    edits: [
      {
        from: "if (!lease.renewable || lease.spent || endOf(lease) <= now) return false;",
        to: "if (!lease.renewable || lease.spent || state.owed !== undefined || endOf(lease) <= now) return false;",
      },
    ],
  },
  {
    name: "nothing better is to be had of a repeated value before its end",
    edits: [
      {
        from: "return kept === true || period !== undefined;",
        to: "return false && (kept === true || period !== undefined);",
      },
    ],
  },
  {
    name: "looks at a repeated value keep apart",
    edits: [
      { from: "const gap = clamp(givenOf(term) / 20, second, 10 * second);", to: "const gap = 0 * givenOf(term);" },
    ],
  },
  {
    name: "a repeated value may change for a moment before that is an alarm",
    edits: [{ from: "export const changeTime = 10 * second;", to: "export const changeTime = 0 * second;" }],
  },
  {
    name: "a revoked value that is given again is no success",
    edits: [{ from: "await refuseRevoked(session, attempt.lease, accepted);", to: "void refuseRevoked;" }],
  },
  {
    name: "the budget counts waste only",
    edits: [
      {
        from: 'const waste = (kind === "unknown" || kind === "unfit") && rotation.provider.part.ghosts !== false;',
        to: "const waste = true;",
      },
      { from: "state.waste.filter((at) => at > (state.lastSuccessAt ?? 0))", to: "state.waste" },
      { from: "if (!early && !endless && isPressing(moment)) return now;", to: "void endless;" },
    ],
  },
  {
    name: "what came to nothing before the last success holds nothing back",
    edits: [{ from: "state.waste.filter((at) => at > (state.lastSuccessAt ?? 0))", to: "state.waste" }],
  },
  {
    name: "what presses is only paced",
    edits: [
      { from: "if (!early && !endless && isPressing(moment)) return now;", to: "void endless;" },
      { from: "state.waste.filter((at) => at > (state.lastSuccessAt ?? 0))", to: "state.waste" },
    ],
  },
  {
    name: "a mint that was refused replaced nothing early",
    edits: [
      { from: "state.early.filter((at) => at !== state.attempt?.startedAt)", to: "state.early" },
      {
        from: "const early = isEarly(reason) && !(lease !== undefined && (nearsEnd(moment, lease) || isTime(moment)));",
        to: "const early = isEarly(reason);",
      },
    ],
  },
  {
    name: "what is due by its schedule is not held back as early",
    edits: [{ from: " || isTime(moment)", to: "" }],
  },
  {
    name: "a gap in which the machine slept says nothing of the pace",
    edits: [
      {
        from: "const isSteady = gaps[0]! > median / 2 && alike.length > gaps.length / 2;",
        to: "const isSteady = alike.length === gaps.length;",
      },
    ],
  },
  {
    name: "leases of which nobody knows block nothing",
    edits: [
      {
        from: "if (!early && !endless && isPressing(moment)) return now;",
        to: 'if (!early && !endless && isPressing(moment)) return now;\n  const ghosts = Object.values(state.leases).filter(({ phase }) => phase === "ghost");\n  if (ghosts.length >= rotation.maxLive) return Math.min(...ghosts.map(endOf));',
      },
    ],
  },
  {
    name: "a lease whose mint was not answered is listed",
    edits: [
      {
        from: "if (ghost.expiresAt !== null && ghost.expiresAt + doubtAfterExpiry < now())",
        to: "if (ghost.expiresAt !== null && now() > 0)",
      },
    ],
  },
  {
    name: "a lease of which nobody knows is forgotten when it must have ended",
    edits: [
      {
        from: "if (ghost.expiresAt !== null && ghost.expiresAt + doubtAfterExpiry < now())",
        to: "if (ghost.expiresAt === null && now() > 0)",
      },
    ],
  },
  {
    name: "waits are capped by a tenth of the life",
    edits: [{ from: "return Number.isFinite(given) ? clamp(given / 10, 5_000, max) : max;", to: "return max;" }],
  },
  {
    name: "several tries before the deadline",
    edits: [
      { from: "if (left > 0 && Number.isFinite(left)) wait = Math.min(wait, Math.max(left / 4, second));", to: "" },
      { from: "return Number.isFinite(given) ? clamp(given / 10, 5_000, max) : max;", to: "return max;" },
    ],
  },
  {
    name: "a Retry-After is heard, and not past half of what is left",
    edits: [
      {
        from: "wait = Math.max(wait, Math.min(retryAfter, left > 0 ? Math.max(left / 2, second) : cap, hour));",
        to: "wait = Math.max(wait, Math.min(retryAfter, hour));",
      },
      { from: "if (left > 0 && Number.isFinite(left)) wait = Math.min(wait, Math.max(left / 4, second));", to: "" },
    ],
  },
  {
    name: "owed reloads are tried before the deadline",
    edits: [
      {
        from: "return Math.max(Math.min(usual, left > 0 ? Math.max(left / 4, second) : cap, Math.max(cap, second)), second);",
        to: "return usual + 0 * (left + cap);",
      },
    ],
  },
  {
    name: "an edited spec voids the backoff",
    edits: [{ from: "if (failure.specHash !== rotation.hash) return failure.at + second;", to: "" }],
  },
  {
    name: "waking from sleep voids the backoff",
    edits: [
      {
        from: "const awake = entry.wokeAt > failure.at ? entry.wokeAt + second + place * 5 * second : Infinity;",
        to: "const awake = Infinity;",
      },
    ],
  },
  {
    name: "a sibling's success wakes who waits, spread out",
    edits: [{ from: "clamp(entry.waiting * 100, second, minute)", to: "0" }],
  },
  {
    name: "one entry is asked about ten times a second at most",
    edits: [
      {
        from: 'if (kind === "unavailable" || kind === "unknown") wait = Math.max(wait, waiting * 100 * (0.5 + random()));',
        to: "void waiting;",
      },
      { from: "clamp(entry.waiting * 100, second, minute)", to: "0" },
    ],
  },
  {
    name: "rotation time only goes forward within a boot",
    edits: [
      {
        from: "const byUptime = Math.max(seen.uptime - last.uptime, 0);",
        to: "const byUptime = seen.wall - last.wall;",
      },
    ],
  },
  {
    name: "time passes across boots even when the clock was put back",
    edits: [
      { from: "const base = Math.min(last.told, last.wall);", to: "const base = last.wall;" },
      { from: "...(lied && { unsureBefore: time })", to: "...(lied && {})" },
    ],
  },
  {
    name: "a boot that began before the last look makes a lease unsure",
    edits: [{ from: "...(lied && { unsureBefore: time })", to: "...(lied && {})" }],
  },
  {
    name: "time is noted at every look",
    edits: [
      { from: "    await host.noteClock?.(note);\n", to: "" },
      { from: "  await deps.host.noteClock?.(deps.clock.note());\n", to: "" },
    ],
  },
  {
    name: "a daemon looks again when a standing turns",
    edits: [
      {
        from: "const turn = Math.min(turnAt(moment), retiring > now ? retiring : Infinity, now + longestUnseen);",
        to: "const turn = now + longestUnseen;",
      },
    ],
  },
  {
    name: "a daemon looks at what was written, and at all when a clock leaps",
    edits: [
      {
        from: "if (changed === undefined) lookouts.askAll();\n      else if (isVisited) lookouts.askAnew(changed);\n      else lookouts.ask(changed);",
        to: "",
      },
      { from: "if (slept || now.doubt !== last.doubt || now.ahead !== last.ahead) lookouts.askAll();", to: "" },
    ],
  },
  {
    name: "a run by hand is not a run that the timer missed",
    edits: [
      {
        from: "const settledLongAgo = cadence !== undefined && now >= lease.asOf + Math.min(cadence, spanOf(lease)) / 2;",
        to: "const settledLongAgo = cadence !== undefined;",
      },
    ],
  },
  {
    name: "a cadence slower than the life is said",
    edits: [{ from: 'if (slowest <= cadence) return "too-slow";', to: "" }],
  },
  {
    name: "the pace that a run was told is remembered",
    edits: [
      { from: "const told = every === undefined ? before.told : { at: now, every };", to: "const told = before.told;" },
    ],
  },
  {
    name: "a first reload in hand is healthy work",
    edits: [
      {
        from: 'return busy === true && state.owed?.kind === "reload" && state.owed.tries <= 1;',
        to: 'return busy === true && state.owed?.kind === "reload" && state.owed.tries < 0;',
      },
    ],
  },
  {
    name: "an end comes before whatever is in hand",
    edits: [
      {
        from: "return mayHeld(state).some((lease) => endOf(lease) + (waits(lease) ? changeTime : 0) <= now);",
        to: "return state.attempt === undefined && mayHeld(state).some((lease) => endOf(lease) + (waits(lease) ? changeTime : 0) <= now);",
      },
      {
        from: "return !isFirstTry(facts) && mayHeld",
        to: "return facts.state.attempt === undefined && !isFirstTry(facts) && mayHeld",
      },
    ],
  },
  {
    name: "a mint that kills its predecessor ends what is held",
    edits: [{ from: "isRevoked(facts) || isKilled(facts) ? now", to: "isRevoked(facts) ? now" }],
  },
  {
    name: "one failure is not yet an alarm",
    edits: [
      {
        from: 'return failure.count >= 2 || failure.kind === "refused" || now - failure.since > minute;',
        to: 'return failure.count >= 1 || failure.kind === "refused" || now - failure.since > minute;',
      },
    ],
  },
  {
    name: "what is absent is written again",
    edits: [{ from: '(drift.kind === "absent" || rotation.drift === "repair")', to: '(rotation.drift === "repair")' }],
  },
];
