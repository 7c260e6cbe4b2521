import { describe, expect, onTestFinished, test } from "vitest";
import { createDaemonScene, failingOf, happened, statusOf, type Scene } from "./support.ts";

interface Heard {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, never> & { readonly rotations: readonly { readonly name: string; state: string }[] };
}

/** Follows the events from now on. */
async function follow(url: string, headers: Readonly<Record<string, string>> = {}): Promise<() => Promise<Heard>> {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(`${url}/api/v1/events`, { headers, signal: ending.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async () => {
    for (;;) {
      const [event, rest] = text.split(/\n\n(.*)/s);
      if (rest === undefined) text += (await reader.read()).value ?? "";
      else {
        text = rest;
        const lines = new Map(event!.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
        if (lines.has("data")) return heardOf(lines);
      }
    }
  };
}

function heardOf(lines: ReadonlyMap<string, string>): Heard {
  return {
    id: lines.get("id"),
    event: lines.get("event") ?? "",
    data: JSON.parse(lines.get("data") ?? "{}") as Heard["data"],
  };
}

async function change(scene: Scene): Promise<void> {
  scene.emit(happened);
  await scene.clock.advance(1_000);
}

describe("who follows", () => {
  test("hears everything once, then what is different, whole rows and names that are gone", async () => {
    const scene = createDaemonScene();
    scene.show(statusOf("a"), statusOf("b"), statusOf("c"));
    const next = await follow(await scene.listen());
    expect((await next()).data.rotations.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    scene.show(statusOf("a"), failingOf("b"));
    await change(scene);
    const patch = await next();
    expect(patch).toMatchObject({ event: "patch", data: { removed: ["c"], summary: { total: 2 } } });
    expect(patch.data.rotations).toMatchObject([
      { name: "b", state: "failing", cause: "ROTATE_MINT_UNAVAILABLE/vault" },
    ]);
    expect(patch.data["causes"]).toMatchObject([{ count: 1, names: ["b"] }]);
  });

  test("hears when a machine of the fleet is lost, and not each time that one is heard of", async () => {
    const scene = createDaemonScene();
    const machine = { name: "web-2", version: "1", labels: [], watches: true, alive: true };
    const hosts = (seenAt: string, alive = true) => ({ more: { hosts: [{ ...machine, alive, seenAt }] } });
    scene.show(statusOf("a"));
    scene.set(hosts("2026-01-01T00:00:00.000Z"));
    const next = await follow(await scene.listen());
    expect((await next()).data["hosts"]).toMatchObject([{ alive: true }]);
    scene.set(hosts("2026-01-01T00:00:01.000Z"));
    await change(scene);
    scene.set(hosts("2026-01-01T00:00:01.000Z", false));
    await change(scene);
    expect(await next()).toMatchObject({ event: "patch", data: { hosts: [{ alive: false }], rotations: [] } });
  });

  test("hears no more than two changes a second, however much happens", async () => {
    const scene = createDaemonScene();
    scene.show(statusOf("a"));
    const next = await follow(await scene.listen());
    await next();
    for (let failures = 1; failures <= 50; failures += 1) {
      scene.show(failingOf("a", { failures }));
      scene.emit(happened);
    }
    await scene.clock.advance(600);
    expect((await next()).data.rotations).toMatchObject([{ failures: 50 }]);
  });

  test("hears only what was missed after a break, and everything after a new start", async () => {
    const scene = createDaemonScene();
    scene.show(statusOf("a"), statusOf("b"));
    const url = await scene.listen();
    const next = await follow(url);
    const { id = "" } = await next();
    scene.show(statusOf("a"), failingOf("b"));
    await change(scene);
    await next();
    const back = await follow(url, { "last-event-id": id });
    expect(await back()).toMatchObject({ event: "patch", data: { rotations: [{ name: "b" }] } });
    const stranger = await follow(url, { "last-event-id": "other:1" });
    expect(await stranger()).toMatchObject({ event: "snapshot", data: { rotations: [{ name: "a" }, { name: "b" }] } });
  });

  test("hears a tick each ten seconds while the scheduler looks, and silence when it hangs", async () => {
    const scene = createDaemonScene();
    const next = await follow(await scene.listen());
    await next();
    await scene.clock.advance(10_000);
    expect(await next()).toMatchObject({ event: "tick", data: { at: "2026-01-01T00:00:10.000Z" } });
    await scene.clock.advance(70_000);
    scene.set({ lookedAt: scene.runtime.monotonic() });
    await scene.clock.advance(10_000);
    const ticks = [];
    for (let at = ""; at !== "2026-01-01T00:01:30.000Z"; ticks.push(at)) at = String((await next()).data["at"]);
    expect(ticks).toContain("2026-01-01T00:01:00.000Z");
    expect(ticks).not.toContain("2026-01-01T00:01:20.000Z");
  });
});
