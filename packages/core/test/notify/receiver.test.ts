import { alarmSteps } from "@rotate/plugin-kit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Concern, FiringStep } from "../../src/notify/concerns.ts";
import {
  heard,
  nextMessage,
  observe,
  taken,
  unheard,
  unknownReceiver,
  type Message,
  type ReceiverState,
} from "../../src/notify/receiver.ts";

const asked = { on: alarmSteps, after: 3, remind: 3_600_000 };
const atOnce = { worse: 0, better: 0 };
const patient = { worse: 10_000, better: 300_000 };
const minute = 60_000;

function concern(subject: string, alarm: FiringStep, more: Partial<Concern> = {}): Concern {
  return { subject, alarm, code: "ROTATE_MINT_UNAVAILABLE", provider: "vault", message: "sealed", ...more };
}

/** A receiver that hears everything. */
function createScene({ settle = atOnce, asking = asked }: { settle?: typeof atOnce; asking?: typeof asked } = {}) {
  let state: ReceiverState = unknownReceiver;
  const told: string[] = [];
  function look(now: number, ...concerns: readonly Concern[]): readonly Message[] {
    state = observe(state, asking, { concerns, now });
    const messages: Message[] = [];
    for (
      let next = nextMessage(state, asking, { now, settle });
      next;
      next = nextMessage(state, asking, { now, settle })
    ) {
      messages.push(next);
      told.push(
        `${next.step}${next.reminder ? " still" : ""}${next.over ? " over" : ""}: ${[...next.told.keys()].join()}`,
      );
      state = heard(state, next, now);
    }
    return messages;
  }
  return { look, told, state: () => state };
}

describe("a receiver is told", () => {
  test("once of a change, and once that it is over", () => {
    const { look, told } = createScene();
    look(0, concern("db", "expiring"));
    look(1_000, concern("db", "expiring"));
    look(2_000, concern("db", "expired"));
    look(3_000);
    look(4_000);
    expect(told).toEqual(["expiring: db", "expired: db", "recovered over: db"]);
  });

  test("in one message of what has one cause, the worst first", () => {
    const { look, told } = createScene();
    look(0, concern("a", "failed"), concern("b", "expired"), concern("c", "failed", { provider: "aws" }));
    expect(told).toEqual(["expired: b,a", "failed: c"]);
  });

  test("after ten seconds in which more of the same cause may come", () => {
    const { look, told } = createScene({ settle: patient });
    look(0, concern("a", "expiring"));
    look(9_000, concern("a", "expiring"), concern("b", "expiring"));
    expect(told).toEqual([]);
    look(10_000, concern("a", "expiring"), concern("b", "expiring"));
    expect(told).toEqual(["expiring: a,b"]);
  });

  test("nothing of what was over before it was told", () => {
    const { look, told } = createScene({ settle: patient });
    look(0, concern("a", "expiring"));
    look(5_000);
    look(60 * minute);
    expect(told).toEqual([]);
  });

  test("of failed tries only when there were enough, unless they are no matter of tries", () => {
    const { look, told } = createScene();
    look(0, concern("a", "failed", { failures: 2 }), concern("login", "failed", { code: "login" }));
    look(1, concern("a", "failed", { failures: 3 }), concern("login", "failed", { code: "login" }));
    expect(told).toEqual(["failed: login", "failed: a"]);
  });

  test("that part of a cause is over only after a while, and of the whole at once", () => {
    const { look, told } = createScene({ settle: patient });
    look(0, concern("a", "expired"), concern("b", "expired"));
    look(10_000, concern("a", "expired"), concern("b", "expired"));
    look(20_000, concern("b", "expired"));
    look(60_000, concern("b", "expired"));
    expect(told).toEqual(["expired: a,b"]);
    look(320_000, concern("b", "expired"));
    look(400_000);
    look(410_000);
    expect(told.slice(1)).toEqual(["recovered: a", "recovered over: b"]);
  });

  test("again of what lasts, by its own clock, until it is over", () => {
    const { look, told } = createScene();
    for (let now = 0; now <= 150 * minute; now += 10 * minute) look(now, concern("a", "drift"));
    look(151 * minute);
    look(400 * minute);
    expect(told).toEqual(["drift: a", "drift still: a", "drift still: a", "recovered over: a"]);
  });

  test("nothing that it did not ask for, and not that such a thing is over", () => {
    const { look, told } = createScene({ asking: { ...asked, on: ["expired"] as unknown as typeof alarmSteps } });
    look(0, concern("a", "drift"));
    look(1, concern("a", "expired"));
    look(2);
    look(3, concern("a", "expired"));
    expect(told).toEqual(["expired: a", "expired: a"]);
  });

  test("of all that becomes of a trouble under the name that it had at first", () => {
    const { look } = createScene();
    const [first] = look(0, concern("a", "failed"));
    const [second] = look(1, concern("a", "expired", { code: "ROTATE_MINT_DENIED" }));
    const [third] = look(2, concern("a", "expired"), concern("b", "failed", { code: "ROTATE_MINT_UNAVAILABLE" }));
    const [last] = look(3);
    expect(new Set([first, second, third, last].map((message) => message?.incident)).size).toBe(1);
    expect(last?.over).toBe(true);
  });
});

describe("what cannot be told", () => {
  const failure = { since: 0, count: 1, notBefore: 0, code: "ROTATE_NOTIFY_UNAVAILABLE", message: "away" };

  function lost(state: ReceiverState, now: number, ...concerns: readonly Concern[]): ReceiverState {
    const seen = observe(state, asked, { concerns, now });
    return unheard(seen, nextMessage(seen, asked, { now, settle: atOnce })!, failure);
  }

  test("is told as it stands by then, when it still lasts", () => {
    const state = lost(unknownReceiver, 0, concern("a", "expiring"));
    const later = observe(state, asked, { concerns: [concern("a", "expired")], now: 1 });
    expect(nextMessage(later, asked, { now: 1, settle: atOnce })?.step).toBe("expired");
  });

  test("is told afterwards when it is over meanwhile: it may have been heard, and nobody is to wait for its end", () => {
    const state = lost(unknownReceiver, 0, concern("a", "expired"));
    const later = observe(state, asked, { concerns: [], now: 1 });
    const message = nextMessage(later, asked, { now: 1, settle: atOnce });
    expect(message).toMatchObject({ step: "recovered", over: true });
    expect(later.subjects["a"]?.missed).toBe("expired");
    expect(heard(later, message!, 1).subjects).toEqual({});
  });

  test("is taken for lost when the process that was sending it is silent too long", () => {
    const seen = observe(unknownReceiver, asked, { concerns: [concern("a", "expired")], now: 0 });
    const message = nextMessage(seen, asked, { now: 0, settle: atOnce })!;
    const sending = taken(seen, message, { by: "dead", until: 25_000 });
    expect(observe(sending, asked, { concerns: [], now: 1_000 }).sending).toBeDefined();
    const later = observe(sending, asked, { concerns: [], now: 25_000 });
    expect(later.sending).toBeUndefined();
    expect(nextMessage(later, asked, { now: 25_000, settle: atOnce })?.step).toBe("recovered");
  });
});

/** What a receiver that reads everything takes each rotation for. */
function believe(beliefs: Map<string, FiringStep>, { told }: Message): void {
  for (const [name, step] of told) {
    if (step === undefined) beliefs.delete(name);
    else beliefs.set(name, step);
  }
}

const names = ["a", "b", "c"] as const;
const step = fc.constantFrom<FiringStep | undefined>(undefined, undefined, "failed", "expiring", "expired", "drift");
const look = fc.record({
  world: fc.tuple(step, step, step),
  code: fc.constantFrom("ROTATE_MINT_DENIED", "ROTATE_MINT_UNAVAILABLE"),
  pause: fc.constantFrom(1_000, 20_000, 400_000),
  /** Heard and noted; refused; killed after it was heard; killed before. */
  fate: fc.constantFrom("heard", "heard", "heard", "refused", "dead after", "dead before"),
});

test("whatever fails or is killed in between, in the end the receiver knows how things are, and was told nothing twice", () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
      let state: ReceiverState = unknownReceiver;
      let now = 0;
      let twice = 0;
      const beliefs = new Map<string, FiringStep>();
      const quiet = { ...asked, remind: 0 };
      const last = looks.at(-1) ?? { world: [undefined, undefined, undefined] as const, code: "x" };
      const calm = Array.from({ length: 6 }, () => ({ ...last, pause: 400_000, fate: "heard" as const }));
      let unsure = new Set<string>();
      for (const { world, code, pause, fate } of [...looks, ...calm]) {
        now += pause;
        const concerns = names.flatMap((name, at) => (world[at] ? [concern(name, world[at], { code })] : []));
        state = observe(state, quiet, { concerns, now });
        for (let next; (next = nextMessage(state, quiet, { now, settle: patient }));) {
          if (state.sending !== undefined && state.sending.until > now) break;
          const before = taken(state, next, { by: "x", until: now + 25_000 });
          if (fate === "heard" || fate === "dead after") {
            const news = [...next.told].filter(([name, told]) => beliefs.get(name) !== told);
            // The same again only where nobody could know that it was heard.
            if (news.length === 0 && ![...next.told.keys()].some((name) => unsure.has(name))) twice++;
            believe(beliefs, next);
          }
          if (fate === "heard") {
            state = heard(before, next, now);
            for (const name of next.told.keys()) unsure.delete(name);
            continue;
          }
          unsure = new Set([...unsure, ...next.told.keys()]);
          state =
            fate === "refused"
              ? unheard(before, next, { since: now, count: 1, notBefore: now, code: "x", message: "x" })
              : before;
          break;
        }
      }
      expect(twice).toBe(0);
      expect(Object.fromEntries(beliefs)).toEqual(
        Object.fromEntries(names.flatMap((name, at) => (last.world[at] ? [[name, last.world[at]]] : []))),
      );
    }),
    { numRuns: 1_000 },
  );
});
