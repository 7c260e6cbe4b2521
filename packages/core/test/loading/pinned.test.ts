import { expect, test } from "vitest";
import type { PartScope } from "@rotate/plugin-kit";
import { pinnedBy } from "../../src/loading/pinned.ts";
import type { Rotation } from "../../src/loading/model.ts";

interface Part {
  readonly scope?: PartScope;
  readonly overlap?: false;
  readonly fence?: () => void;
  readonly lateWrites?: number;
}

function bound(part: Part, options: object = {}): object {
  return { part, options, type: "t", where: "rotations.db.sinks[0]" };
}

function rotation(edit: object = {}): Rotation {
  const lists = { verify: [], reloads: [], health: [] };
  const anywhere = bound({ scope: "anywhere" });
  return { provider: anywhere, sinks: [anywhere], ...lists, ...edit } as unknown as Rotation;
}

test("a rotation may move when each of its parts may", () => {
  expect(pinnedBy(rotation())).toEqual([]);
  expect(pinnedBy(rotation({ sinks: [bound({})] }))).toHaveLength(1);
  expect(pinnedBy(rotation({ health: [bound({ scope: "host" })] }))).toHaveLength(1);
  expect(pinnedBy(rotation({ cache: true }))).toHaveLength(1);
});

test("an address of this machine alone is another place on each", () => {
  for (const address of ["http://127.0.0.1:8200", "https://localhost/x", "127.0.0.1", "[::1]:80", "localhost:5432"])
    expect(pinnedBy(rotation({ provider: bound({ scope: "anywhere" }, { address }) }))).toHaveLength(1);
  for (const address of ["https://vault.example.com", "10.0.0.7", "localhost.example.com"])
    expect(pinnedBy(rotation({ provider: bound({ scope: "anywhere" }, { address }) }))).toEqual([]);
});

test("where a mint ends the credential before it, a late write must be ruled out", () => {
  const provider = bound({ scope: "anywhere", overlap: false });
  expect(pinnedBy(rotation({ provider }))).toHaveLength(1);
  const fenced = bound({ scope: "anywhere", fence: () => undefined });
  expect(pinnedBy(rotation({ provider, sinks: [fenced] }))).toEqual([]);
  const notAlways = bound({ scope: "anywhere", fence: () => undefined, lateWrites: 60_000 });
  expect(pinnedBy(rotation({ provider, sinks: [notAlways] }))).toHaveLength(1);
});

test("a person's word on it counts", () => {
  expect(pinnedBy(rotation({ sinks: [bound({})], moves: true }))).toEqual([]);
  expect(pinnedBy(rotation({ moves: false }))).toHaveLength(1);
});
