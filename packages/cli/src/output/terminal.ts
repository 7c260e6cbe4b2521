import { fstatSync } from "node:fs";
import { styleText } from "node:util";
import { outputOf } from "./plain-output.ts";

/** Where output goes. Everything passes the mask of the running session. */
export interface Terminal {
  /** Results: one line or more, on standard output. */
  readonly out: (text: string) => void;
  /** Text on standard output past the mask, and without a line's end: only for a secret that was asked for. */
  readonly reveal: (text: string) => void;
  /** Progress, logs and errors: on standard error. */
  readonly err: (text: string) => void;
  /** Raw text on standard error, for redrawing. */
  readonly draw: (text: string) => void;
  /** Raw text on standard output, for a screen that is redrawn. */
  readonly redraw: (text: string) => void;
  /** One line as it is, past the mask, on standard error, for the runner of a CI job. Undefined where it would only be kept or shown: in a file, on a screen. */
  readonly announce: ((line: string) => void) | undefined;
  /** Colours for results and for errors; plain without a terminal, and with NO_COLOR. */
  readonly paint: Paint;
  readonly paintErr: Paint;
  /** Is standard output a terminal? Then its size. */
  readonly view: () => { readonly columns: number; readonly rows: number } | undefined;
  /** Which signs standard output takes: none where it is not a terminal. */
  readonly signs: () => "unicode" | "ascii" | "none";
  /** Is standard error a terminal that can be redrawn? Then its size. */
  readonly screen: () => { readonly columns: number; readonly rows: number } | undefined;
  /** From now on every text goes through `mask`. */
  readonly setMask: (mask: (text: string) => string) => void;
}

/** The SGR styles that are used, by name. */
export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** The text in that style, or as it is where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string;

/** The process's own, or those of a test. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The terminal of this process, or of the given streams in a test. */
export function createTerminal({ stdout, stderr }: Streams = ownStreams()): Terminal {
  let mask = unmasked;
  return {
    out: (text) => void stdout.write(`${mask(text)}\n`),
    reveal: (text) => void stdout.write(text),
    err: (text) => void stderr.write(`${mask(text)}\n`),
    draw: (text) => void stderr.write(mask(text)),
    redraw: (text) => void stdout.write(mask(text)),
    announce: isPiped(stderr) ? (line) => void stderr.write(`${line}\n`) : undefined,
    paint: paintOn(stdout),
    paintErr: paintOn(stderr),
    view: () => (stdout.isTTY ? sizeOf(stdout) : undefined),
    signs: () => (stdout.isTTY ? signsOf(process.env) : "none"),
    screen: () => (canRedraw(stderr) ? sizeOf(stderr) : undefined),
    setMask: (next) => {
      mask = next;
    },
  };
}

function ownStreams(): Streams {
  return { stdout: outputOf("stdout"), stderr: outputOf("stderr") };
}

/** What is no stream of Node's has no colours. */
function paintOn(stream: NodeJS.WriteStream): Paint {
  return (colour, text) => ("on" in stream ? styleText(colour, text, { stream }) : text);
}

function unmasked(text: string): string {
  return text;
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): { readonly columns: number; readonly rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

/** By the locale, in the order of POSIX: LC_ALL, LC_CTYPE, LANG. */
function signsOf({ TERM, LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): "unicode" | "ascii" {
  if (TERM === "dumb") return "ascii";
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "") ? "unicode" : "ascii";
}

function canRedraw(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env["TERM"] !== "dumb";
}

/** Somebody else's program is at the other end. */
function isPiped(stream: NodeJS.WriteStream): boolean {
  if (!("fd" in stream) || typeof stream.fd !== "number") return false;
  const end = fstatSync(stream.fd);
  return end.isFIFO() || end.isSocket();
}
