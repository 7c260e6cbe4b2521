/** Somebody at the end of a webhook, who believes what is said and counts what is said twice. */
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { answering } from "@rotate/doubles";
import type { Alarm } from "@rotate/plugin-kit";

export interface Receiver {
  readonly url: string;
  /** By rotation, what it is taken for; absent: for well. */
  readonly beliefs: ReadonlyMap<string, string>;
  readonly counts: {
    readonly messages: number;
    /** Another message that says what is known. */
    readonly twice: number;
    /** The same message once more: a process was killed before it had noted that it was heard. */
    readonly again: number;
  };
  readonly close: () => void;
}

/** @param onNews called with what a rotation is said to be, where it was not taken for that */
export async function createReceiver(onNews: (name: string, step: string) => void): Promise<Receiver> {
  const beliefs = new Map<string, string>();
  const deliveries = new Set<string>();
  const counts = { messages: 0, twice: 0, again: 0 };

  function hear({ delivery, reminder, steps }: Alarm): void {
    if (deliveries.has(delivery)) return void counts.again++;
    deliveries.add(delivery);
    counts.messages++;
    const said = Object.entries(steps);
    const news = said.filter(([name, step]) => beliefs.get(name) !== (step === "recovered" ? undefined : step));
    if (news.length === 0 && said.length > 0 && !reminder) counts.twice++;
    for (const [name, step] of news) {
      if (step === "recovered") beliefs.delete(name);
      else beliefs.set(name, step);
      onNews(name, step);
    }
  }

  async function take(request: IncomingMessage): Promise<void> {
    hear(JSON.parse(await text(request)) as Alarm);
  }

  const { url, close } = await answering((request, response) => {
    void take(request).finally(() => response.end());
  });
  return {
    url: `${url}/hook`,
    beliefs,
    counts,
    close,
  };
}
