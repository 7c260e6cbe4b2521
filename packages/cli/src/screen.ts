/** A screen of its own on the terminal, drawn over and over; the one before comes back at the end. */
export interface Screen {
  /** Draws these lines, each where it was. */
  readonly draw: (lines: readonly string[]) => void;
  readonly close: () => void;
}

/** The terminal as `openScreen` needs it: its raw output, its keys. */
export interface ScreenParts {
  readonly write: (text: string) => void;
  readonly input: Pick<NodeJS.ReadStream, "isTTY" | "setRawMode" | "on" | "off" | "resume" | "pause">;
  /** A key, as the terminal sends it. */
  readonly onKey: (key: string) => void;
}

const enter = "\u001b[?1049h\u001b[?25l";
const leave = "\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const restOfLine = "\u001b[K";
const restOfScreen = "\u001b[J";

/** Takes the screen and the keys. */
export function openScreen({ write, input, onKey }: ScreenParts): Screen {
  const hear = (data: Buffer): void => onKey(data.toString());
  write(enter);
  if (input.isTTY) input.setRawMode(true);
  input.on("data", hear);
  input.resume();
  return {
    draw: (lines) => write(`${home}${lines.map((line) => line + restOfLine).join("\r\n")}${restOfScreen}`),
    close() {
      input.off("data", hear);
      if (input.isTTY) input.setRawMode(false);
      input.pause();
      write(leave);
    },
  };
}
