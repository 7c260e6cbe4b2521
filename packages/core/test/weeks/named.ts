/** Weeks with a story: what the rules of time are for, one by one. */
import { day, hour, lengthText, minute, second, type Scenario, type Shape, type Trouble } from "./scenario.ts";
import { scenarioOf, type Draft } from "./scenarios.ts";
import { shapeNamed } from "./shapes.ts";

const plain = (life: number): Shape => ({ name: `plain ${lengthText(life)}`, life });

/** Short troubles all over a span. */
function often(
  kind: Trouble["kind"],
  { every, length, until }: { readonly every: number; readonly length: number; readonly until: number },
): readonly Trouble[] {
  return Array.from({ length: Math.floor(until / every) }, (_, index) => ({
    kind,
    from: (index + 1) * every,
    to: (index + 1) * every + length,
  }));
}

const renewals: readonly Draft[] = [
  {
    name: "a renewed lease counts from its renewal",
    seed: 1,
    shape: shapeNamed("renew ttl 1h/24h"),
    horizon: day,
    exact: true,
  },
  {
    name: "renewals ask for what was given, not for what they made of it",
    seed: 2,
    shape: shapeNamed("renew 1h/24h"),
    horizon: 7 * day,
  },
  {
    name: "under cron a renewal that its cap cuts short does not last until the run after the next",
    seed: 11,
    shape: shapeNamed("renew 1h/24h"),
    horizon: 4 * day,
    cron: 25 * minute,
  },
  {
    name: "an outage at a renewal restarts no consumer",
    seed: 12,
    shape: shapeNamed("renew 1h/24h"),
    horizon: 4 * day,
    troubles: often("down", { every: 7 * minute, length: minute, until: 3 * day }),
  },
  {
    name: "the mint after the last renewal fails at first",
    seed: 13,
    shape: shapeNamed("renew 60s/20m"),
    horizon: 6 * hour,
    troubles: [{ kind: "flake", from: 0, to: 5 * hour, share: 0.3 }],
  },
  {
    name: "renewals do not starve a reload that is owed",
    seed: 10_664,
    shape: shapeNamed("renew 1h/24h"),
    horizon: 3 * day,
    cron: 50 * minute,
    troubles: [{ kind: "reload", from: 20 * hour, to: 26 * hour }],
  },
  {
    name: "an issuer has renewed after an outage, and its answer is on its way: nobody can know yet",
    seed: 2,
    shape: shapeNamed("renew 60s/20m"),
    horizon: 2 * hour,
    troubles: often("lost", { every: 9 * minute, length: 31 * second, until: 90 * minute }),
    exact: true,
  },
  {
    name: "a lease that dies with its login, renewed under a timer",
    seed: 15,
    shape: shapeNamed("renew 20m/24h login 2h"),
    horizon: day,
    cron: 5 * minute,
  },
];

const repeats: readonly Draft[] = [
  {
    name: "a static role of 20 min is looked at, not minted",
    seed: 3,
    shape: shapeNamed("static 20m"),
    horizon: 12 * hour,
    exact: true,
  },
  {
    name: "an issuer repeats its token of 12 min until 30 s before the end",
    seed: 4,
    shape: { name: "cached", life: 12 * minute, cache: 30 * second, every: 216 * second },
    horizon: 6 * hour,
    exact: true,
  },
  {
    name: "a password of a minute, a reload of 8 s",
    seed: 16,
    shape: shapeNamed("static 60s"),
    reload: "slow",
    horizon: 3 * hour,
  },
  {
    name: "a value without an end that somebody changes",
    seed: 17,
    shape: shapeNamed("kv every 5m"),
    horizon: 2 * day,
  },
];

const lives: readonly Draft[] = [
  {
    name: "a healthy life of 40 s under the default budget",
    seed: 5,
    shape: plain(40 * second),
    horizon: 6 * hour,
    exact: true,
  },
  { name: "a credential dies with its login of 20 min", seed: 18, shape: shapeNamed("login 20m"), horizon: day },
  { name: "a credential dies with its login of 90 s", seed: 19, shape: shapeNamed("login 90s"), horizon: 3 * hour },
  {
    name: "an issuer begins to give half of the life that is asked for",
    seed: 20,
    shape: { name: "capped", life: hour, ttl: hour, shrinks: 6 * hour },
    horizon: day,
  },
  {
    name: "an issuer gives 10 min of the hour that is asked for, for 4 h",
    seed: 41,
    shape: { name: "asks 1h", life: hour, ttl: hour },
    horizon: 12 * hour,
    troubles: [{ kind: "short", from: 2 * hour, to: 6 * hour, share: 10 * minute }],
  },
  {
    name: "an issuer gives lives of 3 s for 4 h: nobody can keep them fresh",
    seed: 42,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: [{ kind: "short", from: 2 * hour, to: 6 * hour, share: 3 * second }],
  },
  {
    name: "an hour's life refreshed every 50 min, a reload of 8 s",
    seed: 21,
    shape: shapeNamed("every 50m of 1h"),
    reload: "slow",
    horizon: 3 * day,
  },
  {
    name: "a mint kills its predecessor, a reload of 8 s",
    seed: 22,
    shape: shapeNamed("kills 1h"),
    reload: "slow",
    horizon: day,
  },
];

const outages: readonly Draft[] = [
  {
    name: "the issuer is down for 20 s, the life is 2 min",
    seed: 386,
    shape: plain(2 * minute),
    horizon: 20 * minute,
    troubles: [{ kind: "down", from: 412 * second, to: 432 * second }],
    exact: true,
  },
  {
    name: "the issuer is down for 20 s again and again, the life is 2 min",
    seed: 23,
    shape: plain(2 * minute),
    horizon: 6 * hour,
    troubles: often("down", { every: 131 * second, length: 20 * second, until: 5 * hour }),
  },
  {
    name: "5 min of 500 leave no ghosts that hold refreshes back",
    seed: 7,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: [{ kind: "5xx", from: 38 * minute, to: 43 * minute }],
    exact: true,
  },
  {
    name: "3 h of 500, lives of 15 min",
    seed: 24,
    shape: shapeNamed("plain 15m"),
    horizon: 12 * hour,
    troubles: [{ kind: "5xx", from: 2 * hour, to: 5 * hour }],
  },
  {
    name: "the spec is edited while the issuer refuses: what helps is tried at once",
    seed: 44,
    shape: plain(12 * hour),
    horizon: day,
    troubles: [{ kind: "refuse", from: 0, to: 2 * hour }],
    edits: Array.from({ length: 6 }, (_, index) => ({ at: hour + index * 7 * minute, kind: "spec" })),
  },
  {
    name: "2 h of 500, lives of 12 h: no ghost holds the refresh back when they are over",
    seed: 46,
    shape: shapeNamed("plain 12h"),
    horizon: 9.5 * hour,
    troubles: [{ kind: "5xx", from: 7 * hour, to: 9 * hour }],
  },
  {
    name: "answers of mints are lost: what may live is listed until it must have ended, and no longer",
    seed: 47,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: [{ kind: "lost", from: 35 * minute, to: 50 * minute }],
  },
  {
    name: "the issuer asks to wait for 30 min, lives of an hour",
    seed: 25,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: [{ kind: "busy", from: 38 * minute, to: 41 * minute, share: 30 * minute }],
  },
  {
    name: "the issuer hangs past the end",
    seed: 10,
    shape: plain(minute),
    horizon: hour,
    troubles: [{ kind: "timeout", from: 10 * minute, to: 15 * minute }],
    exact: true,
  },
  {
    name: "reloads fail until a minute before the end",
    seed: 26,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: [{ kind: "reload", from: 30 * minute, to: 52 * minute }],
  },
  {
    name: "what is minted does not verify for an hour",
    seed: 27,
    shape: shapeNamed("cached 12m"),
    horizon: 12 * hour,
    troubles: [{ kind: "unfit", from: 2 * hour, to: 3 * hour }],
  },
];

const clocks: readonly Draft[] = [
  {
    name: "the clock was 2 h ahead at the mint, NTP, a reboot",
    seed: 8,
    shape: plain(hour),
    horizon: 6 * hour,
    offsets: [
      { at: 0, ahead: 2 * hour },
      { at: 2 * minute, ahead: 0 },
    ],
    troubles: [{ kind: "off", from: 3 * minute, to: 4 * minute }],
    cron: 5 * minute,
    skewKnown: false,
    exact: true,
  },
  {
    name: "the clock is set back by 30 min and stays so, the machine reboots",
    seed: 28,
    shape: plain(hour),
    horizon: 6 * hour,
    offsets: [{ at: 10 * minute, ahead: -30 * minute }],
    troubles: [{ kind: "off", from: 12 * minute, to: 14 * minute }],
  },
  {
    name: "the clock is set back by 3 h",
    seed: 29,
    shape: plain(hour),
    horizon: 6 * hour,
    offsets: [{ at: 20 * minute, ahead: -3 * hour }],
  },
  {
    name: "the machine sleeps past the end",
    seed: 30,
    shape: plain(hour),
    horizon: 12 * hour,
    troubles: often("sleep", { every: 100 * minute, length: 50 * minute, until: 10 * hour }),
  },
];

const paces: readonly Draft[] = [
  { name: "cron each 70 min, life 1 h", seed: 9, shape: plain(hour), horizon: 2 * day, cron: 70 * minute },
  {
    name: "cron each 70 min, nobody told",
    seed: 31,
    shape: plain(hour),
    horizon: 2 * day,
    cron: 70 * minute,
    told: false,
  },
  {
    name: "cron each 25 min, life 1 h, nobody told",
    seed: 32,
    shape: plain(hour),
    horizon: 2 * day,
    cron: 25 * minute,
    told: false,
  },
  {
    name: "somebody deletes the sink while it has half of its life left",
    seed: 33,
    shape: plain(12 * hour),
    reload: "none",
    horizon: day,
    edits: [{ at: 2 * hour, kind: "absent" }],
  },
  {
    name: "a person revokes what is in use",
    seed: 34,
    shape: plain(hour),
    horizon: 12 * hour,
    edits: [{ at: 2 * hour, kind: "revoke" }],
  },
];

export const named: readonly Scenario[] = [...renewals, ...repeats, ...lives, ...outages, ...clocks, ...paces].map(
  scenarioOf,
);
