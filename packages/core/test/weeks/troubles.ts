/** What goes wrong in a week. Each draws its own times. */
import { day, hour, minute, second, type Edit, type EditKind, type Scenario, type TroubleKind } from "./scenario.ts";

export type Happening = Partial<Pick<Scenario, "troubles" | "offsets" | "edits">>;
export type Happens = (random: () => number, horizon: number) => Happening;

/** `count` spans of half to one and a half times the length, in the first four fifths; shorter where they would fill more than a third. */
function spans(
  kind: TroubleKind,
  count: number,
  { length: wanted, share }: { readonly length: number; readonly share?: number },
): Happens {
  return (random, horizon) => ({
    troubles: Array.from({ length: count }, () => {
      const length = Math.min(wanted, (0.3 * horizon) / count);
      const from = random() * (horizon * 0.8 - length);
      return { kind, from, to: from + length * (0.5 + random()), ...(share !== undefined && { share }) };
    }),
  });
}

function edits(kind: EditKind, count: number): Happens {
  return (random, horizon) => ({
    edits: Array.from({ length: count }, (): Edit => ({ at: random() * horizon * (count > 1 ? 0.8 : 0.5), kind })),
  });
}

function clockTenDaysAhead(random: () => number, horizon: number): Happening {
  const at = random() * horizon * 0.5;
  return {
    offsets: [
      { at, ahead: 10 * day },
      { at: at + 2 * hour, ahead: 0 },
    ],
    troubles: [{ kind: "off", from: at + 150 * minute, to: at + 155 * minute }],
  };
}

export const happenings: Readonly<Record<string, Happens>> = {
  none: () => ({}),
  "down 20s ×10": spans("down", 10, { length: 20 * second }),
  "down 5m ×6": spans("down", 6, { length: 5 * minute }),
  "down 8h": spans("down", 1, { length: 8 * hour }),
  "403 2h": spans("refuse", 1, { length: 2 * hour }),
  "5xx 24s ×10": spans("5xx", 10, { length: 24 * second }),
  "5xx 3h": spans("5xx", 1, { length: 3 * hour }),
  "timeouts 10m": spans("timeout", 2, { length: 10 * minute }),
  "lost answers ×6": spans("lost", 6, { length: 30 * second }),
  "lost answers 2h": spans("lost", 1, { length: 2 * hour }),
  "429 for 30m": spans("busy", 2, { length: 20 * minute, share: 30 * minute }),
  "verify fails 1h": spans("unfit", 1, { length: hour }),
  "reload fails 2h": spans("reload", 1, { length: 2 * hour }),
  "reload fails 1m ×5": spans("reload", 5, { length: minute }),
  "sleep ×5": spans("sleep", 5, { length: 8 * hour }),
  "off ×3": spans("off", 3, { length: 10 * minute }),
  flaky: (_random, horizon) => ({ troubles: [{ kind: "flake", from: 0, to: horizon * 0.8, share: 0.05 }] }),
  "clock +10d, back, reboot": clockTenDaysAhead,
  "clock +2h at first, NTP, reboot": () => ({
    offsets: [
      { at: 0, ahead: 2 * hour },
      { at: 4 * minute, ahead: 0 },
    ],
    troubles: [{ kind: "off", from: 4 * minute + 1, to: 6 * minute }],
  }),
  "clock back 30m": (random, horizon) => ({ offsets: [{ at: random() * horizon * 0.7, ahead: -30 * minute }] }),
  "spec ×5": edits("spec", 5),
  "edited by hand": edits("changed", 1),
  "sink deleted": edits("absent", 1),
  "rotate revoke": edits("revoke", 1),
};
