import { postgresUnavailable } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createStage, rotationOf, specOf, type Fleet, type Running, type Stage } from "./stage.ts";

let stage: Stage;

/** How long anything may take on a machine that is busy. */
const patience = { timeout: 90_000, interval: 300 };

/** Where its page is. */
async function addressOf({ said }: Running): Promise<string> {
  return vi.waitFor(() => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said());
    if (found === null) throw new Error(`it does not listen: ${said()}`);
    return found[0];
  }, patience);
}

async function textAt(address: string, path: string): Promise<string> {
  const answer = await fetch(`${address}${path}`);
  expect(answer.status).toBe(200);
  return answer.text();
}

async function longAgo(fleet: Fleet, host: string): Promise<void> {
  const text = "update rotate.host set seen_at = now() - interval '3 days' where spec = $1 and id = $2";
  await stage.sql.query(text, [fleet.name, host]);
}

/** Both machines have one of their own, one moves, and one is for a label. */
function mixed(): string {
  const labelled = rotationOf("labelled", "    moves: true\n    runsOn: eu\n");
  return rotationOf("own", "") + rotationOf("moving") + labelled;
}

describe.skipIf(postgresUnavailable())("a fleet, seen from any of its machines", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    stage = await createStage();
  });
  afterAll(async () => stage.close());

  test("the page and the metrics of each machine tell of all: what moves, what the other has for itself and where, and what nobody serves", async () => {
    const fleet = await stage.fleet(specOf(stage.vault, mixed()));
    const watches = ["a", "b"].map((host) => fleet.start(host, ["watch", "--listen", "0"]));
    const addresses = await Promise.all(watches.map(addressOf));
    for (const [at, other] of ["b", "a"].entries()) {
      const address = addresses[at]!;
      await vi.waitFor(async () => {
        const { rotations } = JSON.parse(await textAt(address, "/api/v1/rotations"));
        const shown = rotations.map((each: object) => ({ host: "here or any", alarm: "none", ...each }));
        expect(shown).toMatchObject([
          { name: "own", state: "fresh", host: "here or any" },
          { name: "moving", state: "fresh", host: "here or any" },
          { name: "labelled", state: "failing", alarm: "cannot-serve" },
          { name: `own@${other}`, state: "fresh", host: other },
        ]);
      }, patience);
      const metrics = await textAt(address, "/metrics");
      const ready = metrics.split("\n").filter((line) => line.startsWith("rotate_credential_ready_status{"));
      expect(ready.toSorted()).toEqual([
        `rotate_credential_ready_status{rotation="labelled",provider="db"} 0`,
        `rotate_credential_ready_status{rotation="moving",provider="db"} 1`,
        `rotate_credential_ready_status{rotation="own",provider="db"} 1`,
        `rotate_credential_ready_status{rotation="own@${other}",provider="db",host="${other}"} 1`,
      ]);
    }
  });

  test("what a machine told of its own is forgotten from elsewhere once it is gone, and not while it is heard of", async () => {
    const fleet = await stage.fleet(specOf(stage.vault, rotationOf("own", "")));
    await fleet.ask("a", ["run", "--json"]);
    const refused = await fleet.on("b", ["forget", "own@a", "--yes"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("rotated by the machine a");
    await longAgo(fleet, "a");
    expect((await fleet.on("b", ["status", "own@a", "--check"])).code).toBe(1);
    expect((await fleet.on("b", ["forget", "own@a", "--revoke", "--yes"])).stderr).toContain("does not answer");
    expect(await fleet.ask("b", ["forget", "own@a", "--yes", "--json"])).toMatchObject({
      rotations: [{ name: "own@a", result: "forgotten" }],
    });
    const { rotations } = (await fleet.ask("b", ["status", "--json"])) as { readonly rotations: readonly object[] };
    expect(rotations).toMatchObject([{ name: "own" }]);
    expect(await fleet.ask("a", ["run", "--json"])).toMatchObject({ rotations: [{ outcome: "fresh" }] });
  });
});
