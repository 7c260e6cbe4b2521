/** How results are shown: colours, signs and width, as the terminal at standard output allows. */
import type { RotationStatus } from "@rotate/core";
import type { Colour, Paint, Terminal } from "./terminal.ts";
import { localTimes } from "./time.ts";

/** What the place allows that the results are shown in. `paint` gives a text its colour, or leaves it as it is. */
export interface Look {
  readonly paint: Paint;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Which signs stand before words; none where nobody looks at them. */
  readonly signs: "unicode" | "ascii" | "none";
  /** The size of the terminal; absent: nothing is cut, wrapped or left out. */
  readonly screen?: { readonly columns: number; readonly rows: number } | undefined;
}

/** How results look on this terminal. @param now milliseconds since 1970 */
export function lookOf({ paint, signs, view }: Terminal, now: number): Look {
  return { paint, now, signs: signs(), screen: view() };
}

/** How bad a state is, as colour and as shape. */
export type Tone = "bad" | "warn" | "note" | "busy" | "ok" | "off";

const tones: Readonly<Record<RotationStatus["state"], Tone>> = {
  expired: "bad",
  expiring: "bad",
  "reload-owed": "warn",
  drift: "warn",
  failing: "warn",
  "needs-login": "warn",
  orphaned: "note",
  foreign: "note",
  "at-risk": "warn",
  never: "note",
  due: "busy",
  fresh: "ok",
  ejected: "off",
};

/** The tone of a state. */
export function toneOf(state: RotationStatus["state"]): Tone {
  return tones[state];
}

const shapes: Readonly<Record<Tone, { readonly unicode: string; readonly ascii: string; readonly colour: Colour }>> = {
  bad: { unicode: "✖", ascii: "x", colour: "red" },
  warn: { unicode: "▲", ascii: "!", colour: "yellow" },
  note: { unicode: "◆", ascii: "?", colour: "yellow" },
  busy: { unicode: "▶", ascii: ">", colour: "cyan" },
  ok: { unicode: "✔", ascii: "-", colour: "green" },
  off: { unicode: "–", ascii: "-", colour: "dim" },
};

/** A sign and the blank after it; nothing where no signs are shown. */
export function sign(tone: Tone, { signs, paint }: Look): string {
  return signs === "none" ? "" : `${paint(shapes[tone].colour, shapes[tone][signs])} `;
}

/** A word in the colour of a tone, with its sign. What is well is quiet. */
export function toned(tone: Tone, text: string, look: Look): string {
  return `${sign(tone, look)}${tone === "ok" ? look.paint("dim", text) : look.paint(shapes[tone].colour, text)}`;
}

/** Text of one paragraph, wrapped at words to the width of the screen; every line but the first is indented. Escape sequences may stand at its beginning only. */
export function wrap(
  text: string,
  look: Pick<Look, "screen" | "now">,
  { first = 0, rest }: { readonly first?: number; readonly rest: number },
): string {
  const width = look.screen?.columns;
  const head = " ".repeat(first);
  if (width === undefined) return head + text;
  const lines: string[] = [];
  let line = head;
  for (const word of localTimes(text, look.now).split(" ")) {
    const isEmpty = line.trim() === "";
    if (!isEmpty && plainLength(line) + 1 + plainLength(word) >= width) {
      lines.push(line);
      line = " ".repeat(rest) + word;
    } else line = isEmpty ? line + word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

// eslint-disable-next-line no-control-regex
const escapes = /\u001b\[[\d;]*m/g;

/** Of what is seen of it: without escape sequences. */
export function plainLength(text: string): number {
  return text.replaceAll(escapes, "").length;
}
