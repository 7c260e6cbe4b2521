/**
 * The text without most of its plain lines: empty ones, and `NAME=value` of letters that no reader knows as signs, bare or in quotes. Of each run of
 * them two lines of each of these kinds stay. A reader comes to a run either at the beginning of a line or within quotes, which a plain line can only
 * end, and the first of its kind does if any does; so what it makes of the rest of the file is the same. Lines of `keys` all stay, and of names that another
 * line sets as well: which of them counts is a matter of where a reader ends the lines before. It makes large files cheap to read by the rules of ten readers.
 */
export function shorten(text: string, keys: { readonly has: (key: string) => boolean }): string {
  const unsettled = unsettledNames(text);
  const stays = { has: (key: string): boolean => keys.has(key) || unsettled.has(key) };
  const kept: string[] = [];
  const seen = new Map<string, number>();
  let from = 0;
  for (let at = 0; at < text.length; at = afterLine(text, at)) {
    const kind = kindOf(text, at, stays);
    if (kind === "") seen.clear();
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (kind === "" || (seen.get(kind) ?? 0) < 3) continue;
    kept.push(text.slice(from, at));
    from = afterLine(text, at);
  }
  kept.push(text.slice(from));
  return kept.join("");
}

const plain =
  /(?:[ \t]*|([A-Za-z_][A-Za-z0-9_]*)=(?:[A-Za-z0-9_@%+=:,./-]+|(')[A-Za-z0-9_@%+=:,./ -]+'|(")[A-Za-z0-9_@%+=:,./ -]+"))(?:\n|$)/y;

const none = { has: (): boolean => false };
const name = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)/y;

/** The names that a line which is not plain sets, and those that several lines set. */
function unsettledNames(text: string): ReadonlySet<string> {
  const [found, seen] = [new Set<string>(), new Set<string>()];
  for (let at = 0; at < text.length; at = afterLine(text, at)) {
    const isPlain = kindOf(text, at, none) !== "";
    name.lastIndex = at;
    const [, key] = name.exec(text) ?? [];
    if (key === undefined) continue;
    if (!isPlain || seen.has(key)) found.add(key);
    seen.add(key);
  }
  return found;
}

/** Empty for a line that has to stay. */
function kindOf(text: string, at: number, keys: { readonly has: (key: string) => boolean }): string {
  plain.lastIndex = at;
  const found = plain.exec(text);
  if (found === null || keys.has(found[1] ?? "")) return "";
  return found[1] === undefined ? "blank" : (found[2] ?? found[3] ?? "bare");
}

function afterLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  return feed === -1 ? text.length : feed + 1;
}
