/** A rotation that is taken over while a write of whoever had it may still land. */
import { onTestFinished } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { Claim } from "../../src/backend/claim.ts";
import { openEngine } from "../../src/engine/engine.ts";
import type { LeaseState } from "../../src/store/state.ts";
import { openBackend, type Scene } from "../engine/support.ts";

/** Whose attempt it was, as its successor knows. */
type Predecessor = Claim["predecessor"];

/** Over a fleet nobody knows whether whoever lost a claim is dead. */
function afterwards(backend: Backend, predecessor: Predecessor): Backend {
  const { claims } = backend;
  return {
    ...backend,
    claims: {
      ...claims,
      async byName(rotation, options) {
        const claim = await claims.byName(rotation, options);
        return claim && { ...claim, predecessor };
      },
    },
  };
}

/** A credential that was about to be written when whoever minted it was heard of for the last time; gives what the next one makes of its lease. */
export async function takenOver(scene: Scene, predecessor: Predecessor): Promise<LeaseState | undefined> {
  await scene.run();
  const backend = await openBackend(scene);
  onTestFinished(() => backend.close());
  const claim = await backend.claims.byName("db");
  const [settled] = Object.values(claim!.state().leases);
  const lease = { ...settled!, id: "lease-of-another", handle: { id: "value-9" } };
  const [sink] = Object.keys(claim!.state().sinks);
  await claim!.append([
    { type: "intent", lease: { ...lease, phase: "ghost", exposed: false }, why: "w" },
    { type: "minted", lease: lease.id, terms: lease },
    { type: "committing", sink: sink!, lease: lease.id },
  ]);
  await claim!.settle();
  const { runtime } = scene;
  const engine = await openEngine({ spec: scene.spec(), runtime, backend: afterwards(backend, predecessor) });
  await engine.run({ timeout: 0 });
  return (await backend.store.load("db")).leases[lease.id];
}
