/** Fleets of two machines, as this one sees them. */
import type { PeerLook, Peers } from "../../src/backend/peers.ts";
import type { HostReport } from "../../src/host-report.ts";

async function nothing(): Promise<undefined> {}

async function refuse(): Promise<never> {
  throw new Error("nobody is asked");
}

/** Another machine, which watches and is alive; and the fleet as `here`, which has no label, sees it. */
export function fleetOf(name: string): { readonly host: HostReport; readonly peers: (look: PeerLook) => Peers } {
  return {
    host: { name, version: "1.0.0", labels: [], watches: true, alive: true, seenAt: "2026-01-01T00:00:00.000Z" },
    peers: (look) => ({
      host: "here",
      labels: [],
      announce: nothing,
      leave: nothing,
      mirror: nothing,
      look: async () => look,
      ask: refuse,
      forget: nothing,
      asked: async () => [],
    }),
  };
}
