/** Groups of reloads that span machines: which of them do, and by what. */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Backend } from "../backend/backend.ts";
import type { Runtime } from "@rotate/runtime";
import type { ReloadGroup, Rotation, Spec } from "../loading/model.ts";
import { keepPermit, type Keeping } from "./keep.ts";
import type { PermitPlace } from "./place.ts";
import type { Sightings } from "./sightings.ts";
import { shareOf, take } from "./take.ts";
import { isFinal, waitForTurn, type SeenSoFar } from "./turn.ts";

/** A consumer of a group, and who asks for it. */
export interface TurnAsked {
  readonly group: ReloadGroup;
  /** What is away: a named reload, or the rotation. */
  readonly consumer: string;
  readonly rotation: Rotation;
  readonly signal: AbortSignal;
  readonly onWait: (whom: string) => Promise<void>;
}

/** What machines know of each other's turns. */
export interface TurnsAcross {
  /** Undefined: no other machine is in the group. Throws what `waitForTurn` throws. */
  readonly enter: (asked: TurnAsked) => Promise<Keeping | undefined>;
  /** The turn that an earlier try left to its consumer, which was not well then. Waits for nobody. */
  readonly resume: (asked: TurnAsked) => Promise<Keeping | undefined>;
  readonly spans: (group: ReloadGroup) => boolean;
  /** Throws what no waiting will mend: a right that is missing, a name that leads nowhere. */
  readonly check: (group: ReloadGroup) => Promise<void>;
  /** This machine's own part of one, below one, where nobody sees the others. */
  readonly share: () => number;
}

/** What turns are taken with. */
export interface TurnParts extends Pick<Backend, "place" | "store" | "halves" | "clock" | "host"> {
  readonly runtime: Runtime;
  readonly spec: Pick<Spec, "name">;
  /** Where the permits of a group stand, and how long one lasts, ms; undefined: nowhere. */
  readonly placeOf: (group: ReloadGroup) => { readonly place: PermitPlace; readonly lasts: number } | undefined;
}

/** Groups that span machines, over the state of this one. */
export function createTurnsAcross(parts: TurnParts): TurnsAcross {
  const { spec, runtime, clock, halves, store, placeOf } = parts;
  const known = new Map<string, Sightings>();
  let host: string | undefined;

  /** Of this machine and this state: two that were cloned from one image are two. */
  function hostName(): string {
    const own = createHash("sha256")
      .update(`${parts.host.machineId ?? ""} ${hostname()} ${parts.place}`)
      .digest("hex");
    return `${hostname()}.${own.slice(0, 6)}`;
  }
  const ownHost = (): string => (host ??= hostName());

  /** What moves from machine to machine takes its turn along. */
  function holderOf({ consumer, rotation }: TurnAsked): string {
    const isHere = halves?.isPinned(rotation) ?? true;
    return `${isHere ? `${ownHost()}/` : ""}${spec.name}/${consumer}`;
  }

  const { monotonic, now, random, sleep, log } = runtime;
  const world = { monotonic, now, random, sleep, log };

  function askingOf(asked: TurnAsked) {
    const found = placeOf(asked.group);
    return found && { ...found, holder: holderOf(asked), count: asked.group.maxUnavailable };
  }

  return {
    share: () => shareOf(ownHost()),
    spans: (group) => placeOf(group) !== undefined,
    async check(group) {
      await placeOf(group)
        ?.place.check?.(group.maxUnavailable)
        .catch((error: unknown) => {
          if (isFinal(error)) throw error;
        });
    },
    async resume(asked) {
      const asking = askingOf(asked);
      if (asking === undefined) return undefined;
      const { held } = await take({ ...asking, onlyOwn: true }, {}, world);
      return held && keepPermit(asking, held, world);
    },
    async enter(asked) {
      const { group, signal, onWait } = asked;
      const asking = askingOf(asked);
      if (asking === undefined) return undefined;
      const key = `sightings ${ownHost()} ${group.name}`;
      const seen: SeenSoFar = {
        get: () => known.get(group.name) ?? {},
        set: (sightings) => void known.set(group.name, sightings),
      };
      if (!known.has(group.name)) seen.set(await recalled(key));
      try {
        return await waitForTurn({ ...asking, group: group.name, seen, signal, onWait }, world);
      } catch (error) {
        await remember(key, seen.get());
        throw error;
      }
    },
  };

  /** A `run` that is started again and again goes on watching where the one before it left off. */
  async function recalled(key: string): Promise<Sightings> {
    const noted = (await store.note(key).catch(nothing)) as Sightings | undefined;
    return moved(noted ?? {}, runtime.monotonic() - clock.now());
  }

  async function remember(key: string, sightings: Sightings): Promise<void> {
    await store.changeNote(key, () => moved(sightings, clock.now() - runtime.monotonic())).catch(nothing);
  }
}

/** On another axis of time. */
function moved(sightings: Sightings, by: number): Sightings {
  return Object.fromEntries(
    Object.entries(sightings).map(([number, { text, since }]) => [number, { text, since: since + by }]),
  );
}

/** What was seen only serves to wait less: without it, one waits. */
function nothing(): undefined {
  return undefined;
}
