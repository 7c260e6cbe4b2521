/** Which weeks are played: every shape with every trouble and start, and any number drawn by seed. */
import { randomNumbers } from "../histories/choices.ts";
import { day, effectiveLife, hour, lengthText, minute, type Scenario, type Shape } from "./scenario.ts";
import { shapes } from "./shapes.ts";
import { happenings, type Happens } from "./troubles.ts";

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
  const troubles = parts.flatMap((part) => part.troubles ?? []);
  const week = {
    reload: "ok",
    told: true,
    siblings: 1,
    exact: false,
    troubles,
    offsets,
    edits,
    skewKnown,
    revokes: canRevoke(draft.shape) && (even || edits.some(({ kind }) => kind === "revoke")),
    dates: skewKnown && draft.seed % 3 === 0,
    ...draft,
  } as const;
  return { ...week, horizon: Math.max(week.horizon, overAt(week) + week.horizon / 20) };
}

/** When the last thing that goes wrong is over: a machine that is off cannot be asked, and what it comes back to is to be seen. */
export function overAt({ troubles, offsets, edits }: Pick<Scenario, "troubles" | "offsets" | "edits">): number {
  const ends = troubles.filter(({ kind }) => kind !== "flake").map(({ to }) => to);
  return Math.max(0, ...ends, ...[...offsets, ...edits].map(({ at }) => at));
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

/** Many rotations on one provider entry, and the issuer goes away. */
export function siblings(
  count: number,
  { life, outage, horizon = 8 * hour }: { readonly life: number; readonly outage: number; readonly horizon?: number },
): Scenario {
  return scenarioOf({
    name: `${count} siblings, life ${lengthText(life)}, issuer down for ${lengthText(outage)}`,
    seed: 77,
    shape: { name: `plain ${lengthText(life)}`, life },
    horizon,
    siblings: count,
    troubles: [{ kind: "down", from: horizon / 4, to: horizon / 4 + outage }],
  });
}

/** The siblings of a campaign. */
export const families: readonly Scenario[] = [
  siblings(400, { life: hour, outage: 100 * minute }),
  siblings(400, { life: 12 * minute, outage: 5 * minute }),
  siblings(400, { life: 2 * minute, outage: 5 * minute }),
  siblings(40, { life: 2 * minute, outage: 5 * minute }),
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

/** Each trouble, each shape and each start once or more, for some twenty lives. */
export function slice(): readonly Scenario[] {
  return Object.entries(happenings).map(([trouble, happen], index) => {
    const [shape, cron] = [shapes[(5 * index + 2) % shapes.length]!, starts[index % starts.length]];
    return scenarioOf({
      name: `${shape.name} × ${trouble} × ${startText(cron)}`,
      seed: 1_000,
      shape,
      horizon: horizonOf(shape, cron, 20),
      happens: [happen],
      ...(cron !== undefined && { cron }),
    });
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
