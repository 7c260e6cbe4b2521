const longest = 64;

/** Levenshtein's distance: the fewest insertions, deletions and replacements that make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
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

/** The hint for a word that is not known: the nearest one, or the few that there are. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const best = nearest(word, known) ?? begunBy(word, known);
  if (best !== undefined) return `did you mean "${best}"?`;
  return known.length === 0 ? undefined : `known: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}`;
}
