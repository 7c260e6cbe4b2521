import { placeOf, type CauseReport, type StatusReport } from "@rotate/core";
import { figure } from "./figure.ts";
import { headline } from "./headline.ts";
import { type Look, sign, toneOf } from "./look.ts";
import { sortForPeople, tableOf } from "./status-table.ts";
import { will } from "./time.ts";

/** What of the table is on the screen. */
export interface Scroll {
  /** Rows left out above. */
  readonly offset: number;
}

const shownCauses = 3;

/** How everything stands on one screen, line by line: the headline, causes in short, the rows that fit, the keys. Never more lines than there are. */
export function renderLive(
  { rotations, causes }: Pick<StatusReport, "rotations" | "causes">,
  look: Look,
  { offset }: Scroll,
): readonly string[] {
  const { columns, rows } = look.screen ?? { columns: 80, rows: 24 };
  const head = rotations.length === 0 ? ["no rotations"] : headline(rotations, look).split("\n");
  const rest = causes.length - shownCauses;
  const short = causes.slice(0, shownCauses).map((cause) => cut(causeLine(cause, look), columns));
  const told = [...short, ...(rest > 0 ? [`${rest} more`] : [])];
  const above = [...head, ...told, ""];
  const room = Math.max(0, rows - above.length - 3);
  const sorted = sortForPeople(rotations);
  const from = Math.max(0, Math.min(offset, sorted.length - room));
  const [titles = "", ...lines] = tableOf(sorted.slice(from, from + room), look).split("\n");
  const body = [...above, titles, ...lines].slice(0, rows - 2);
  const keys =
    sorted.length > room ? `q quit   j k move (${from + 1}-${from + lines.length} of ${sorted.length})` : "q quit";
  const clock = new Date(look.now).toLocaleTimeString("en-GB");
  return [...body, "", look.paint("dim", cut(`${clock}   ${keys}`, columns))];
}

/** `✖ 2 credentials: mint at vault: 503: Vault is sealed; next try in 41s` */
function causeLine(cause: CauseReport, look: Look): string {
  const { names, state, messages, nextAt, isError } = cause;
  const who = names.length === 1 ? names[0] : `${figure(names.length)} credentials`;
  const where = placeOf(cause) ?? state;
  const next = isError && nextAt !== undefined ? `; next try ${will(nextAt, look.now)}` : "";
  return `${sign(toneOf(state), look)}${who}: ${where}: ${messages[0] ?? ""}${next}`;
}

// eslint-disable-next-line no-control-regex
const escapes = /\u001b\[[\d;]*m/g;

/** A line that is too long loses its end. Escape sequences may stand at its beginning only. */
function cut(line: string, columns: number): string {
  const hidden = [...line.matchAll(escapes)].reduce((sum, [text]) => sum + text.length, 0);
  return line.length - hidden <= columns ? line : `${line.slice(0, columns - 1 + hidden)}…`;
}
