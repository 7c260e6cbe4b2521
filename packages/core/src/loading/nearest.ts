const longest = 64;

/** The fewest insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const first = Array.from({ length: b.length + 1 }, (_, column) => column);
  let rows: readonly [before: readonly number[], last: readonly number[]] = [[], first];
  for (let line = 1; line <= a.length; line++) rows = [rows[1], nextRow(line, rows, { a, b })];
  return rows[1][b.length] ?? 0;
}

interface Words {
  readonly a: string;
  readonly b: string;
}

function nextRow(
  line: number,
  [before, last]: readonly [readonly number[], readonly number[]],
  { a, b }: Words,
): readonly number[] {
  const row = [line];
  for (let column = 1; column <= b.length; column++) {
    const replaced = at(last, column - 1) + Number(a[line - 1] !== b[column - 1]);
    const swaps = line > 1 && column > 1 && a[line - 1] === b[column - 2] && a[line - 2] === b[column - 1];
    const swapped = swaps ? at(before, column - 2) + 1 : Infinity;
    row.push(Math.min(at(last, column) + 1, at(row, column - 1) + 1, replaced, swapped));
  }
  return row;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}

/** The word that was probably meant: at most a third of its letters wrong, case aside. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > longest) return undefined;
  const scored = known.map((candidate) => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0];
  if (best === undefined || best.distance > Math.max(1, Math.floor(best.candidate.length / 3))) return undefined;
  return best.candidate;
}

function begunBy(word: string, known: readonly string[]): string | undefined {
  return word.length < 3 ? undefined : known.find((candidate) => candidate.startsWith(word));
}

/** The one of the known words that was meant; undefined when none is near. */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  return nearest(word, known) ?? begunBy(word, known);
}

/** The hint for a word that is not known: the nearest one, or the few that there are. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const best = nearestName(word, known);
  if (best !== undefined) return `did you mean "${best}"?`;
  return known.length === 0 ? undefined : `known: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}`;
}
