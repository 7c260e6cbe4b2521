import { EngineError } from "../engine-error.ts";
import { selects } from "../loading/name-pattern.ts";
import { nearestName } from "../loading/nearest.ts";

/** The items whose names match; `*` and `?` stand for any text and any character. A pattern that matches nothing is a usage error. */
export function selectByName<T extends { readonly name: string }>(
  items: readonly T[],
  patterns: readonly string[] | undefined,
): readonly T[] {
  if (patterns === undefined || patterns.length === 0) return items;
  const chosen = new Set<T>();
  for (const pattern of patterns) {
    const matching = items.filter((item) => selects(pattern, item.name));
    if (matching.length === 0)
      throw unknownName(
        pattern,
        items.map(({ name }) => name),
      );
    for (const item of matching) chosen.add(item);
  }
  return items.filter((item) => chosen.has(item));
}

function unknownName(pattern: string, names: readonly string[]): EngineError {
  return new EngineError(`no rotation is named ${pattern}`, {
    code: "ROTATE_USAGE",
    exitCode: 2,
    hint: namesHint(pattern, names),
  });
}

const shownNames = 5;

/** Which names there are, for one that is not among them: the one that was meant, else the first few and how many more. */
export function namesHint(asked: string, names: readonly string[]): string {
  if (names.length === 0) return "the spec has no rotation";
  const shown = names.slice(0, shownNames).join(", ");
  const rest = names.length - shownNames;
  const list = `the spec has ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
  const meant = nearestName(asked, names);
  return meant === undefined ? list : `did you mean ${meant}? ${list}`;
}
