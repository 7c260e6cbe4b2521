import type { DetailReport, Overview, Patch } from "./model.ts";

/** What is heard of the daemon. */
export interface Hears {
  readonly snapshot: (overview: Overview) => void;
  readonly patch: (patch: Patch) => void;
  /** It is there. @param at its own time, RFC 3339 */
  readonly alive: (at: string) => void;
  readonly lost: () => void;
}

/** Where news come from. */
export interface Feed {
  /** Asks, and goes on listening. */
  readonly start: () => void;
  readonly detail: (name: string) => Promise<DetailReport | "unknown" | "no answer">;
}

const hiddenEvery = 30_000;
const longestWait = 30_000;

/** A browser has six connections for a host: only the tab in front holds one, the others ask twice a minute. */
export function createFeed(hears: Hears): Feed {
  let stream: EventSource | undefined;
  let tries = 0;

  async function load(): Promise<Overview | undefined> {
    try {
      const answer = await fetch("api/v1/rotations");
      if (!answer.ok) throw new Error(String(answer.status));
      const overview = (await answer.json()) as Overview;
      tries = 0;
      hears.snapshot(overview);
      return overview;
    } catch {
      hears.lost();
      return undefined;
    }
  }

  async function begin(): Promise<void> {
    stream?.close();
    const overview = await load();
    if (document.hidden) return;
    if (overview === undefined) return retry();
    listen(overview.seq);
  }

  function listen(seq: string): void {
    stream?.close();
    const now = new EventSource(`api/v1/events?last=${encodeURIComponent(seq)}`);
    stream = now;
    now.addEventListener("snapshot", (event) => hears.snapshot(dataOf(event) as Overview));
    now.addEventListener("patch", (event) => hears.patch(dataOf(event) as Patch));
    now.addEventListener("tick", (event) => hears.alive((dataOf(event) as { readonly at: string }).at));
    now.addEventListener("error", () => {
      now.close();
      if (stream === now) retry();
    });
  }

  function retry(): void {
    setTimeout(() => void begin(), Math.min(longestWait, 1_000 * 2 ** tries++));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stream?.close() : void begin()));
  setInterval(() => (document.hidden ? void load() : undefined), hiddenEvery);
  return {
    start: () => void begin(),
    async detail(name) {
      const answer = await fetch(`api/v1/rotations/${encodeURIComponent(name)}`).catch(() => undefined);
      if (answer?.status === 404) return "unknown";
      return answer?.ok ? ((await answer.json()) as DetailReport) : "no answer";
    },
  };
}

function dataOf(event: MessageEvent<string>): unknown {
  return JSON.parse(event.data);
}
