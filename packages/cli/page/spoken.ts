import { byId, put } from "./dom.ts";

const every = 10_000;
const most = 3;

/** Says aloud what changed: one line each ten seconds, however much happens. @param summary says it in short */
export function createSpeech(summary: () => string): (lines: readonly string[]) => void {
  let waiting: readonly string[] = [];
  let timer: number | undefined;
  function say(lines: readonly string[]): void {
    waiting = [...waiting, ...lines];
    if (waiting.length === 0 || timer !== undefined) return;
    timer = window.setTimeout(() => {
      timer = undefined;
      say([]);
    }, every);
    put(byId("say"), waiting.length > most ? `${waiting.length} changes. ${summary()}` : waiting.join(". "));
    waiting = [];
  }
  return say;
}
