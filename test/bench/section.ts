/** What the bench measures: a section is one entry of a list in run.ts, and gives rows of one table. */

/** One figure, mostly a ratio inside this run. */
export interface Row {
  readonly measured: string;
  /** What the figure is a multiple of; or the unit, where it is none. */
  readonly against: string;
  readonly figure: number;
  /** What it is to be. Absent: it is only told. */
  readonly goal?: { readonly most: number } | { readonly least: number };
  /** The least, or most, that the machine could do: a figure or a range, as text. */
  readonly floor?: string;
}

/** What a section is given. */
export interface Bench {
  /** An empty folder. */
  readonly base: string;
  /** The packed `rotate`, to be run by this Node. */
  readonly program: string;
  readonly rounds: number;
  /** Measure as well what takes a quarter of an hour and more. */
  readonly long: boolean;
}

/** Measures some of the table. Gives a sentence when it cannot be measured here. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly measure: (bench: Bench) => Promise<readonly Row[] | string>;
}

/** Does it miss its goal? */
export function isMissed({ figure, goal }: Row): boolean {
  if (goal === undefined) return false;
  return "most" in goal ? figure > goal.most : figure < goal.least;
}

/** As it is written: three digits that count. */
export function numberText(figure: number): string {
  return Math.abs(figure) >= 100 ? figure.toFixed(0) : String(Number(figure.toPrecision(figure < 1 ? 2 : 3)));
}

function goalText(row: Row): string {
  if (row.goal === undefined) return "";
  const text = "most" in row.goal ? `≤ ${row.goal.most}` : `≥ ${row.goal.least}`;
  return isMissed(row) ? `${text}, **missed**` : text;
}

/** The rows as a table of Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) => `| ${row.measured} | ${row.against} | ${numberText(row.figure)} | ${goalText(row)} | ${row.floor ?? ""} |`,
  );
  return ["| measured | against | figure | goal | floor |", "|---|---|---|---|---|", ...lines].join("\n");
}

const open = "<!-- written by npm run bench -- --write -->";
const close = "<!-- end -->";

/** The table that stands in a page; empty when there is none. */
export function writtenTable(page: string): string {
  return page.split(open)[1]?.split(close)[0]?.trim() ?? "";
}

/** The page with another table in its place. Rows of sections that were not measured stay as they are. Throws when it has no place for one. */
export function withTable(page: string, rows: readonly Row[]): string {
  if (!page.includes(open) || !page.includes(close)) throw new Error(`the page has no place for the table (${open})`);
  const fresh = new Set(rows.map(keyOf));
  const kept = rowsIn(writtenTable(page)).filter(({ key }) => !fresh.has(key));
  const text = [tableOf(rows), ...kept.map(({ line }) => line)].join("\n");
  const [before = "", rest = ""] = page.split(open);
  return `${before}${open}\n\n${text}\n\n${close}${rest.split(close)[1] ?? ""}`;
}

function keyOf({ measured, against }: Pick<Row, "measured" | "against">): string {
  return `${measured} | ${against}`;
}

/** What was written, line by line. */
export function rowsIn(
  table: string,
): readonly { readonly key: string; readonly figure: number; readonly line: string }[] {
  return table
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| measured"))
    .map((line) => {
      const [, measured = "", against = "", figure = ""] = line.split("|").map((cell) => cell.trim());
      return { key: keyOf({ measured, against }), figure: Number(figure), line };
    });
}

/** How much a figure may differ on a machine that others use as well. */
const noise = 1.15;

/** Sentences about figures that got worse than those that were written. Which way is worse says the goal; without one, more is. */
export function worseThan(table: string, rows: readonly Row[]): readonly string[] {
  const before = new Map(rowsIn(table).map(({ key, figure }) => [key, figure]));
  return rows.flatMap((row) => {
    const was = before.get(keyOf(row));
    if (was === undefined || !Number.isFinite(was)) return [];
    const ratio = row.goal !== undefined && "least" in row.goal ? was / row.figure : row.figure / was;
    return ratio > noise ? [`worse: ${keyOf(row)}: ${numberText(row.figure)}, was ${numberText(was)}`] : [];
  });
}
