/** One simulated week: the issuer's ledger, what sinks and consumers hold, and who watches. */
import { randomNumbers } from "../histories/choices.ts";
import { createClockwork, type Clockwork } from "./clockwork.ts";
import { outsideOf, type Outside } from "./outside.ts";
import { lengthText, type Scenario } from "./scenario.ts";

/** A credential as the issuer knows it. */
export interface Token {
  readonly id: number;
  readonly value: string;
  readonly created: number;
  /** ms of true time; Infinity: never. */
  end: number;
  /** Which of the values that somebody changes now and then. */
  readonly version: number;
  /** The end of the login that it was made under. */
  readonly diesAt: number;
}

/** One rotation's corner of the world. */
export interface Place {
  readonly name: string;
  /** The provider entry that it is minted by. */
  readonly entry: string;
  readonly tokens: Token[];
  /** What the sink holds. */
  sink: string | undefined;
  /** What the consumer works with. */
  consumer: string | undefined;
}

export type CallKind = "login" | "mint" | "renew" | "revoke";

/** Sees what really happens, and judges it. Called before the act unless it says otherwise. */
export interface Witness {
  readonly called: (place: Place | undefined, kind: CallKind) => void;
  /** The issuer did not do what was asked, or (`unknown`) nobody can tell. */
  readonly failed: (place: Place | undefined, kind: CallKind, unknown: boolean) => void;
  /** What the issuer did has come back. */
  readonly answered: (place: Place, kind: CallKind) => void;
  /** After the mint. `again`: the issuer gave what it had given before. */
  readonly minted: (place: Place, token: Token, again: boolean) => void;
  /** After the renewal, by so many ms from now. */
  readonly renewed: (place: Place, token: Token, life: number) => void;
  /** A credential's end is about to change. */
  readonly changes: (place: Place) => void;
  /** The consumer's credential is about to change. */
  readonly takes: (place: Place) => void;
  /** It has changed. */
  readonly took: (place: Place) => void;
  /** A call that takes long has begun. */
  readonly waits: (place: Place, ms: number) => void;
}

/** What a receiver takes the rotations for. */
export interface Listener {
  /** By rotation, what it takes it for; absent: for well. */
  readonly beliefs: Map<string, string>;
  /** Messages it was given, and when; true time, ms. */
  readonly deliveries: Map<string, number>;
  /** What was told again without a change. */
  twice: number;
}

export interface World {
  readonly scenario: Scenario;
  readonly outside: Outside;
  readonly clock: Clockwork;
  /** What the engine draws, and the issuer. */
  readonly random: () => number;
  /** What timers and judges draw: a look more or less changes nothing else. */
  readonly dice: () => number;
  readonly places: ReadonlyMap<string, Place>;
  /** Ends of logins, by number. */
  readonly logins: number[];
  /** When daemons were killed; true time, ms. */
  readonly kills: number[];
  /** How often the spec was edited. */
  edits: number;
  tokens: number;
  witness: Witness;
  /** Who is told of alarms. */
  readonly listener: Listener;
  /** What happens, line by line, where somebody wants to read it. */
  story: string[] | undefined;
}

const nobody = (): void => undefined;

function numbered(word: string, index: number): string {
  return index === 0 ? word : `${word}-${index}`;
}

export function createWorld(scenario: Scenario): World {
  const { siblings, entries = 1 } = scenario;
  const places = Array.from({ length: siblings }, (_, index): Place => {
    const entry = numbered("issuer", index % entries);
    return { name: numbered("db", index), entry, tokens: [], sink: undefined, consumer: undefined };
  });
  return {
    scenario,
    outside: outsideOf(scenario),
    clock: createClockwork(),
    random: randomNumbers(scenario.seed + 1),
    dice: randomNumbers(scenario.seed + 2 ** 20),
    places: new Map(places.map((place) => [place.name, place])),
    logins: [],
    kills: [],
    edits: 0,
    tokens: 0,
    story: undefined,
    listener: { beliefs: new Map(), deliveries: new Map(), twice: 0 },
    witness: {
      called: nobody,
      failed: nobody,
      answered: nobody,
      minted: nobody,
      renewed: nobody,
      changes: nobody,
      takes: nobody,
      took: nobody,
      waits: nobody,
    },
  };
}

/** The token that a value is; undefined for nothing and for what somebody wrote by hand. */
export function tokenOf({ tokens }: Place, value: string | undefined): Token | undefined {
  return value === undefined ? undefined : tokens.findLast((token) => token.value === value);
}

/** A consumer takes what the sink holds. */
export function take({ witness }: World, place: Place): void {
  if (place.consumer === place.sink) return;
  witness.takes(place);
  place.consumer = place.sink;
  witness.took(place);
}

/** A sink is written, by whoever. A consumer that is never reloaded reads it whenever it needs it. */
export function write(world: World, place: Place, value: string | undefined): void {
  place.sink = value;
  if (world.scenario.reload === "none") take(world, place);
}

/** Adds a line to the story. */
export function say({ story, clock }: World, line: string): void {
  story?.push(`${lengthText(clock.now())} (${Math.round(clock.now())}) ${line}`);
}
