/** A way to a server that can be closed to the eye: it hangs, or loses answers after the server has done what was asked. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What becomes of a request. */
export type Fate = "answered" | "hangs" | "lost" | "unsent";

export interface Front {
  readonly url: string;
  /** Decides each request, by verb and path; replace it. */
  fate: (asked: string) => Fate;
  readonly asked: string[];
  readonly close: () => void;
}

/** Starts one before `target`, ended with the test at the latest. */
export async function startFront(target: string): Promise<Front> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url?.replace("/v1/", "")}`;
    asked.push(line);
    const fate = front.fate(line);
    if (fate === "hangs") return;
    if (fate === "unsent") return void outgoing.destroy();
    pass(target, { incoming, outgoing, lost: fate === "lost" });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fate: () => "answered",
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  onTestFinished(front.close);
  return front;
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly lost: boolean;
}

function pass(target: string, { incoming, outgoing, lost }: Passing): void {
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url ?? "/", target), { ...(method && { method }), headers }, (answer) => {
    if (lost) return void answer.resume().on("end", () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(onward);
}
