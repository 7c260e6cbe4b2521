/** A program at a terminal of its own: `script` of util-linux opens it, types what we write, and shows what the program draws. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

/** Why there is none here; undefined: there is one. */
export const noTerminal: string | undefined = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes(
  "util-linux",
)
  ? undefined
  : "needs script of util-linux";

/** A program at its terminal. */
export interface Seated {
  /** Waits until this is shown after what was seen before. Rejects when the program ends first. */
  readonly sees: (text: string) => Promise<void>;
  /** Waits for a prompt that asks this and takes keys: the words of a question are drawn again when it is answered, and what is typed then is lost. */
  readonly isAsked: (question: string) => Promise<void>;
  /** The same, and until its line has an end: gives the rest of that. What is drawn may come in pieces. */
  readonly seesLine: (text: string) => Promise<string>;
  readonly type: (keys: string) => void;
  /** The terminal goes away: what its programs get is SIGHUP. */
  readonly vanish: () => void;
  readonly ended: Promise<number | undefined>;
  /** All that was shown, without escape sequences. */
  readonly shown: () => string;
}

export const enter = "\r";
export const down = "\u001b[B";
export const ctrlC = "\u0003";

/** Answers a question of a prompt: takes the choice that begins so. */
export async function choose(at: Seated, question: string, label: string): Promise<void> {
  await at.isAsked(question);
  for (let moves = 0; moves < 40; moves++) {
    const active = await at.seesLine("● ");
    if (active.startsWith(label)) return at.type(enter);
    at.type(down);
  }
  throw new Error(`there is no choice "${label}":\n${at.shown()}`);
}

/** Answers a question of a prompt with a text; none: with what is offered. */
export async function answer(at: Seated, question: string, text = ""): Promise<void> {
  await at.isAsked(question);
  at.type(`${text}${enter}`);
}

function literal(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}

/** Seats a program, 100 columns wide. It ends with its test. */
export function seat(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Seated {
  const line = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child: ChildProcess = spawn("script", ["-qfec", `stty cols 100 rows 40; exec ${line}`, "/dev/null"], {
    ...options,
    env: { TERM: "xterm", LANG: "C.UTF-8", SHELL: "/bin/sh", ...options.env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let raw = "";
  let seen = 0;
  let isOver = false;
  const waiting = new Set<() => void>();
  const ended = new Promise<number | undefined>((resolve) => {
    child.on("close", (code) => {
      isOver = true;
      resolve(code ?? undefined);
      for (const look of waiting) look();
    });
  });
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    raw += chunk;
    for (const look of waiting) look();
  });
  const shown = (): string => stripVTControlCharacters(raw);

  /** Gives what is drawn after what was seen before and has this shape: its first group, or nothing. */
  function wait(shape: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      function look(): void {
        const found = shape.exec(shown().slice(seen));
        if (!found && !isOver) return;
        waiting.delete(look);
        if (!found) return reject(new Error(`ended without showing ${String(shape)}:\n${shown()}`));
        const [all, rest = ""] = found;
        seen += found.index + all.length - rest.length;
        resolve(rest);
      }
      waiting.add(look);
      look();
    });
  }

  return {
    shown,
    ended,
    type: (keys) => void child.stdin?.write(keys),
    vanish: () => void child.kill("SIGKILL"),
    sees: async (text) => void (await wait(new RegExp(literal(text)))),
    isAsked: async (question) => void (await wait(new RegExp(`◆  (?:[^\\n]*\\W)?${literal(question)}(?=\\W)`))),
    seesLine: async (text) => (await wait(new RegExp(`${literal(text)}([^\\n]*)\\n`))).trim(),
  };
}
