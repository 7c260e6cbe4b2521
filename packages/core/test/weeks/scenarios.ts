/** Which weeks are played: the ten that tell most, every shape with every trouble and start, and any number drawn by seed. */
import { randomNumbers } from "../histories/choices.ts";
import { day, effectiveLife, hour, lengthText, minute, second, type Scenario, type Shape } from "./scenario.ts";
import { shapeNamed, shapes } from "./shapes.ts";
import { happenings, type Happening, type Happens } from "./troubles.ts";

/** ms between two runs; undefined: a daemon. */
export const starts: readonly (number | undefined)[] = [undefined, minute, 5 * minute, 50 * minute, 70 * minute];

/** What makes a scenario; the rest is usual. */
export interface Draft extends Partial<Scenario> {
  readonly name: string;
  readonly seed: number;
  readonly shape: Shape;
  readonly horizon: number;
  readonly happens?: readonly Happens[];
}

export function scenarioOf({ happens = [], ...draft }: Draft): Scenario {
  const random = randomNumbers(draft.seed ^ 0x5bd1e995);
  random();
  const parts = happens.map((happen) => happen(random, draft.horizon));
  const offsets = parts.flatMap((part) => part.offsets ?? []).toSorted((a, b) => a.at - b.at);
  const edits = parts.flatMap((part) => part.edits ?? []).toSorted((a, b) => a.at - b.at);
  const even = draft.seed % 2 === 0;
  const skewKnown = offsets.length === 0 || even;
  return {
    reload: "ok",
    told: true,
    siblings: 1,
    exact: false,
    troubles: parts.flatMap((part) => part.troubles ?? []),
    offsets,
    edits,
    skewKnown,
    revokes: canRevoke(draft.shape) && (even || edits.some(({ kind }) => kind === "revoke")),
    dates: skewKnown && draft.seed % 3 === 0,
    ...draft,
  };
}

/** A password that everybody shares is nobody's to revoke. */
function canRevoke({ period, changes }: Shape): boolean {
  return period === undefined && changes === undefined;
}

/** A week; less where lives are short or runs are many, and nothing new would come: `lives` of them at least. */
export function horizonOf(shape: Shape, cron: number | undefined, lives = 250): number {
  const life = Math.min(effectiveLife(shape), 7 * (shape.every ?? day));
  const most = cron !== undefined && cron < 5 * minute ? Math.max(day, 3 * life) : 7 * day;
  return Math.min(Math.max(lives * life, 3 * hour), most);
}

function fixed(happening: Happening): readonly Happens[] {
  return [() => happening];
}

const down20s = fixed({ troubles: [{ kind: "down", from: 412 * second, to: 432 * second }] });
const fails5m = fixed({ troubles: [{ kind: "5xx", from: 38 * minute, to: 43 * minute }] });
const hangs5m = fixed({ troubles: [{ kind: "timeout", from: 10 * minute, to: 15 * minute }] });
const clockAhead = fixed({
  offsets: [
    { at: 0, ahead: 2 * hour },
    { at: 2 * minute, ahead: 0 },
  ],
  troubles: [{ kind: "off", from: 3 * minute, to: 4 * minute }],
});
const cached: Shape = { name: "cached", life: 12 * minute, cache: 30 * second, every: 216 * second };
const plain = (life: number): Shape => ({ name: `plain ${lengthText(life)}`, life });

/** The ten that tell most. */
export const named: readonly Scenario[] = [
  { name: "a renewed lease counts from its renewal", seed: 1, shape: shapeNamed("renew ttl 1h/24h"), horizon: day },
  {
    name: "renewals ask for what was given, not for what they made of it",
    seed: 2,
    shape: shapeNamed("renew 1h/24h"),
    horizon: 7 * day,
  },
  {
    name: "a static role of 20 min is looked at, not minted",
    seed: 3,
    shape: shapeNamed("static 20m"),
    horizon: 12 * hour,
  },
  {
    name: "an issuer repeats its token of 12 min until 30 s before the end",
    seed: 4,
    shape: cached,
    horizon: 6 * hour,
  },
  { name: "a healthy life of 40 s under the default budget", seed: 5, shape: plain(40 * second), horizon: day },
  {
    name: "the issuer is down for 20 s, the life is 2 min",
    seed: 386,
    shape: plain(2 * minute),
    horizon: 20 * minute,
    happens: down20s,
  },
  {
    name: "5 min of 500 leave no ghosts that hold refreshes back",
    seed: 7,
    shape: plain(hour),
    horizon: 12 * hour,
    happens: fails5m,
  },
  {
    name: "the clock was 2 h ahead at the mint, NTP, a reboot",
    seed: 8,
    shape: plain(hour),
    horizon: 6 * hour,
    happens: clockAhead,
    cron: 5 * minute,
    skewKnown: false,
  },
  { name: "cron each 70 min, life 1 h", seed: 9, shape: plain(hour), horizon: 2 * day, cron: 70 * minute },
  { name: "the issuer hangs past the end", seed: 10, shape: plain(minute), horizon: hour, happens: hangs5m },
].map((draft) => scenarioOf({ exact: true, ...draft }));

/** Many rotations on one provider entry, and the issuer goes away. */
export function siblings(count: number, life: number, outage: number): Scenario {
  return scenarioOf({
    name: `${count} siblings, life ${lengthText(life)}, issuer down for ${lengthText(outage)}`,
    seed: 77,
    shape: plain(life),
    horizon: 8 * hour,
    siblings: count,
    happens: fixed({ troubles: [{ kind: "down", from: 2 * hour, to: 2 * hour + outage }] }),
  });
}

/** The siblings of a campaign. */
export const families: readonly Scenario[] = [
  siblings(400, hour, 100 * minute),
  siblings(400, 12 * minute, 5 * minute),
  siblings(400, 2 * minute, 5 * minute),
  siblings(40, 2 * minute, 5 * minute),
];

function startText(cron: number | undefined): string {
  return cron === undefined ? "watch" : `cron ${lengthText(cron)}`;
}

/** Every shape with every trouble and every start. */
export function* grid(): Iterable<Scenario> {
  for (const shape of shapes)
    for (const [trouble, happen] of Object.entries(happenings))
      for (const cron of starts)
        yield scenarioOf({
          name: `${shape.name} × ${trouble} × ${startText(cron)}`,
          seed: 1_000,
          shape,
          horizon: horizonOf(shape, cron),
          happens: [happen],
          ...(cron !== undefined && { cron }),
        });
}

/** A week drawn by seed: one to three troubles. */
export function randomScenario(seed: number): Scenario {
  const random = randomNumbers(seed * 7_919 + 1);
  for (let skip = 0; skip < 5; skip++) random();
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const shape = one(shapes);
  const troubles = Array.from({ length: 1 + Math.floor(random() * 3) }, () => one(Object.keys(happenings)));
  const cron = random() < 0.55 ? undefined : one(starts.slice(1));
  return scenarioOf({
    name: `${shape.name} × ${troubles.join(" + ")} × ${startText(cron)}`,
    seed,
    shape,
    horizon: horizonOf(shape, cron, 100),
    happens: troubles.map((trouble) => happenings[trouble]!),
    reload: one(["none", "ok", "ok", "slow"] as const),
    told: random() < 0.5,
    exact: random() < 0.02,
    ...(cron !== undefined && { cron }),
  });
}
