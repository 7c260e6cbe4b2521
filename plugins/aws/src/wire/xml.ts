/** The text of the first element of that name in an answer of the Query protocol; undefined when there is none. Its elements have no attributes. */
export function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescaped(text);
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g, (_whole, ...groups) => {
    const [decimal, hex, name] = groups as readonly (string | undefined)[];
    if (name !== undefined) return named[name] ?? "";
    return String.fromCodePoint(
      Math.min(Number.parseInt(decimal ?? hex ?? "", decimal === undefined ? 16 : 10), 0x10ffff),
    );
  });
}
