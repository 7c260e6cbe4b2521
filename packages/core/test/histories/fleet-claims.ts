/** Claims as several machines have them: whoever lost one may only stand still, and the database may be away. */
import { announces, type Claim, type Claims, type Settlement } from "../../src/backend/claim.ts";
import { EngineError } from "../../src/engine-error.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { reduce } from "../../src/store/reduce.ts";
import type { RotationClock } from "../../src/schedule/clock.ts";
import { say, second, type World } from "./world.ts";

/** Without an answer for longer a worker begins nothing more. ms */
const sureFor = 7 * second;

/** The same claims, over a database. @param claims of this process, which end with it */
export function overDatabase(
  claims: Claims,
  { world, clock }: { readonly world: World; readonly clock: RotationClock },
): Claims {
  return {
    ...claims,
    async byName(rotation, options) {
      if (isAway(world)) throw unreachable();
      const claim = await claims.byName(rotation, options);
      return claim && overtakable(claim, { world, clock });
    },
  };
}

function isAway(world: World): boolean {
  return world.time < world.databaseAwayUntil && !world.quiet;
}

function unreachable(): EngineError {
  return new EngineError("the database does not answer", { code: "ROTATE_STATE_UNREACHABLE", exitCode: 6 });
}

/** What `fleet/claim.ts` does with the answers of a database, and without any. */
function overtakable(claim: Claim, { world, clock }: { readonly world: World; readonly clock: RotationClock }): Claim {
  let pending: readonly JournalRecord[] = [];
  let state = claim.state();
  let heardAt = world.time;

  function isSure(): boolean {
    return world.time - heardAt <= sureFor;
  }

  async function append(records: readonly JournalRecord[]): Promise<typeof state> {
    if (isAway(world)) {
      if (announces(records) || !isSure()) throw unreachable();
      say(world, `only in memory: ${records.map(({ type }) => type).join(" ")}`);
      const stamp = clock.note();
      state = records.reduce((before, record) => reduce(before, record, stamp), state);
      pending = [...pending, ...records];
      return state;
    }
    const at = world.time;
    state = await claim.append([...pending, ...records]);
    pending = [];
    heardAt = at;
    return state;
  }

  async function settle(left: Settlement = {}): Promise<void> {
    const { records = [], attempts = [], next } = left;
    const isEmpty = records.length === 0 && attempts.length === 0 && next === undefined;
    if (!isAway(world)) return claim.settle({ ...left, records: [...pending, ...records] });
    await claim.settle();
    if (!isEmpty) throw unreachable();
  }

  return {
    ...claim,
    predecessor: claim.predecessor === "none" ? "none" : "unknown",
    state: () => state,
    append,
    settle,
    async guard() {
      if (isAway(world)) {
        if (!isSure()) throw unreachable();
        return;
      }
      const at = world.time;
      await claim.guard();
      heardAt = at;
    },
  };
}
