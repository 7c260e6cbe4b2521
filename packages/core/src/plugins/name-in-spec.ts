/**
 * The text of a spec with one more name under `plugins`, everything else as it was, comments too. YAML or JSON.
 * Undefined when the text has another shape than a spec has.
 */
export async function withPlugin(text: string, name: string): Promise<string | undefined> {
  const { isMap, isScalar, isSeq, parseDocument } = await import("yaml");
  const { contents } = parseDocument(text);
  if (!isMap(contents) || contents.range == null) return undefined;
  const quoted = JSON.stringify(name);
  const insert = (at: number, more: string): string => text.slice(0, at) + more + text.slice(at);
  const list = contents.get("plugins", true) as unknown;
  if (isSeq(list) && list.range != null) {
    const last = list.items.at(-1);
    if (!isScalar(last) || last.range == null) return list.flow ? insert(list.range[0] + 1, quoted) : undefined;
    if (list.flow) return insert(last.range[1], `, ${quoted}`);
    const indent = text.slice(text.lastIndexOf("\n", last.range[0]) + 1, last.range[0]).replace(/-.*$/s, "");
    return insert(last.range[1], `\n${indent}- ${name}`);
  }
  if (list !== undefined) return undefined;
  if (contents.flow) return insert(contents.range[0] + 1, `"plugins": [${quoted}],`);
  const version = contents.items.find(({ key }) => isScalar(key) && key.value === "version");
  const value = version?.value;
  if (!isScalar(value) || value.range == null) return insert(contents.range[0], `plugins:\n  - ${name}\n`);
  const end = text.indexOf("\n", value.range[1]);
  return end < 0 ? `${text}\nplugins:\n  - ${name}\n` : insert(end + 1, `plugins:\n  - ${name}\n`);
}
