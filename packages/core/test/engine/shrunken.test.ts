import { expect, test } from "vitest";
import { refuseShrunken } from "../../src/engine/shrunken.ts";
import { createRotationClock } from "../../src/schedule/clock.ts";
import type { RotationDeps } from "../../src/rotation/session.ts";
import type { Rotation, Spec } from "../../src/loading/model.ts";
import { emptyState, type LeaseState, type RotationState } from "../../src/store/state.ts";

const hour = 3_600_000;
const now = 1_000 * hour;

function stateOf(name: string, endsIn: number): RotationState {
  const lease = { id: "l", phase: "live", expiresAt: now + endsIn, provider: "p" } as LeaseState;
  return { ...emptyState(name), seq: 1, settled: "l", consumers: ["l"], leases: { l: lease } };
}

/** What the state knows: tenants by name, and in how many ms their credentials end. */
function depsWith(known: Readonly<Record<string, number>>): RotationDeps {
  const store = {
    names: async () => Object.keys(known),
    load: async (name: string) => stateOf(name, known[name] ?? 0),
  };
  const clock = createRotationClock({ now: () => now, bootId: "b", uptime: () => 0 });
  return { store, clock } as unknown as RotationDeps;
}

function specWith(...names: readonly string[]): Spec {
  const rotations = names.map((name) => ({ name, family: "tenant" }) as Rotation);
  return { rotations } as unknown as Spec;
}

const lived = { "tenant.a": hour, "tenant.b": hour, "tenant.c": hour, "tenant.d": hour };

test("a list that lost many living entries is refused, with the way out", async () => {
  await expect(refuseShrunken(specWith("tenant.a", "tenant.b"), depsWith(lived))).rejects.toMatchObject({
    code: "ROTATE_SPEC_SHRUNKEN",
    hint: expect.stringContaining("rotate forget tenant.c"),
  });
});

test.each([
  ["one entry less", specWith("tenant.a", "tenant.b", "tenant.c"), lived],
  [
    "entries whose credentials have ended",
    specWith("tenant.a", "tenant.b"),
    { ...lived, "tenant.c": -hour, "tenant.d": -hour },
  ],
  ["rotations of other names", specWith("tenant.a"), { "tenant.a": hour, "other.b": hour, "other.c": hour }],
  ["a list that grew", specWith("tenant.a", "tenant.b", "tenant.c", "tenant.d", "tenant.e"), lived],
])("%s is no mishap", async (_, spec, known) => {
  await expect(refuseShrunken(spec, depsWith(known))).resolves.toBeUndefined();
});
