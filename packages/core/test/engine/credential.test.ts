import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CredentialOptions } from "../../src/engine/credential.ts";
import type { Rotation, SinkEntry } from "../../src/loading/model.ts";
import { createScene, failAt, failing, minute, untilDue, type Scene } from "./support.ts";

/** What a caller gets: `value-1`. */
async function ask(scene: Scene, options?: CredentialOptions): Promise<string | undefined> {
  const { fields } = await scene.ask((engine) => engine.credential("db", options));
  return fields["token"]?.split("-s")[0];
}

/** The sink makes something of the field, so that it cannot be read back. */
function composed(sink: SinkEntry): SinkEntry {
  const values = { key: { source: "x {{ token }}", fields: ["token"], render: () => "composed" } };
  return { ...sink, values };
}
function unreadable(rotation: Rotation): Rotation {
  return { ...rotation, sinks: rotation.sinks.map(composed), reloads: [] };
}
function cacheOf({ directory }: Scene): string {
  return join(directory, "state", "test", "credentials", "db.json");
}

test("the first question mints, writes and reloads; the next ones are answered from the sink", async () => {
  const scene = createScene();
  expect(await ask(scene)).toBe("value-1");
  expect(scene.reloads()).toEqual(["app rotated db value-1"]);
  expect(await ask(scene)).toBe("value-1");
  expect(scene.mints()).toBe(1);
});

test("a credential that is due is rotated first", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(untilDue);
  expect(await ask(scene)).toBe("value-2");
});

test("what was given out is not revoked early, what was not given out is", async () => {
  const scene = createScene();
  await scene.run();
  await ask(scene);
  for (const wait of [untilDue, 6 * minute, untilDue, 6 * minute]) {
    await scene.clock.advance(wait);
    await scene.run();
  }
  expect(scene.mints()).toBe(3);
  expect(scene.revoked()).toEqual(["value-2"]);
});

/** Rotates once more, and lets the grace pass. */
async function rotateOn(scene: Scene): Promise<void> {
  for (const wait of [untilDue, 6 * minute]) {
    await scene.clock.advance(wait);
    await scene.run();
  }
}
async function giveBack(scene: Scene, ...from: readonly string[]): Promise<void> {
  await scene.ask((engine) => engine.giveBack("db", { from }));
  await scene.run();
}

test("what was lent is not revoked while anybody has it, and is once the last has given it back", async () => {
  const scene = createScene();
  await scene.run();
  await ask(scene, { lendTo: "one" });
  await ask(scene, { lendTo: "one" });
  await ask(scene, { lendTo: "two" });
  await rotateOn(scene);
  await giveBack(scene, "one", "nobody");
  expect(scene.revoked()).toEqual([]);
  await giveBack(scene, "two");
  expect(scene.revoked()).toEqual(["value-1"]);
});

test("a command that could not be replaced stands as reload-owed until it gives back what it has", async () => {
  const scene = createScene();
  await scene.run();
  await ask(scene, { lendTo: "one" });
  const standing = async () => (await scene.ask((engine) => engine.status())).rotations[0];
  await scene.ask((engine) => engine.keepLent("db", { from: ["one"], why: "not healthy" }));
  expect(await standing()).toMatchObject({ state: "fresh" });
  await rotateOn(scene);
  expect(await standing()).toMatchObject({
    state: "reload-owed",
    exit: 4,
    alarm: "reload-owed",
    reason: "not healthy",
  });
  await giveBack(scene, "one");
  expect(await standing()).toMatchObject({ state: "fresh" });
});

test("what was lent and given to somebody else too is not revoked when it comes back", async () => {
  const scene = createScene();
  await scene.run();
  await ask(scene, { lendTo: "one" });
  await ask(scene);
  await rotateOn(scene);
  await giveBack(scene, "one");
  expect(scene.revoked()).toEqual([]);
});

test("what is written nowhere is revoked without any reload, unless it was given to somebody", async () => {
  const scene = createScene((rotation) => ({
    ...rotation,
    sinks: rotation.sinks.map((sink) => ({ ...sink, type: "env" })),
    reloads: [],
  }));
  await scene.run();
  await rotateOn(scene);
  expect(scene.revoked()).toEqual(["value-1"]);
  await ask(scene, { lendTo: "one" });
  await rotateOn(scene);
  expect(scene.revoked()).toEqual(["value-1"]);
  await giveBack(scene, "one");
  expect(scene.revoked()).toEqual(["value-1", "value-2"]);
});

test("while the issuer refuses, the credential that lives is given", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(untilDue);
  failAt(scene, { mint: failing("DENIED") });
  expect(await ask(scene)).toBe("value-1");
  await scene.clock.advance(untilDue);
  await expect(ask(scene)).rejects.toMatchObject({ code: "ROTATE_MINT_DENIED", exitCode: 1, hint: "look at it" });
});

test("with less life left than asked for it is rotated, but not before half of its life", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(25 * minute);
  expect(await ask(scene, { minRemaining: 36 * minute })).toBe("value-1");
  await scene.clock.advance(10 * minute);
  expect(await ask(scene, { minRemaining: 20 * minute })).toBe("value-1");
  expect(await ask(scene, { minRemaining: 36 * minute })).toBe("value-2");
});

test("asking for more life does not hammer an issuer that just refused", async () => {
  const scene = createScene();
  await scene.run();
  await scene.clock.advance(35 * minute);
  failAt(scene, { mint: failing("UNAVAILABLE") });
  for (let times = 0; times < 5; times += 1) await ask(scene, { minRemaining: 36 * minute });
  expect(scene.steps.filter((step) => step === "mint")).toHaveLength(2);
});

test("a sink that somebody else wrote is not believed", async () => {
  const scene = createScene();
  await scene.run();
  scene.write("a", "a stranger's value");
  await expect(ask(scene)).rejects.toMatchObject({
    code: "ROTATE_CREDENTIAL_UNREADABLE",
    exitCode: 1,
    hint: expect.stringMatching(/cache: true/),
  });
  expect(scene.mints()).toBe(1);
});

test("where nothing can be read and nothing is reloaded, each question mints", async () => {
  const scene = createScene(unreadable);
  expect([await ask(scene), await ask(scene)]).toEqual(["value-1", "value-2"]);
});

test("the cache answers, holds the current values only, and goes with the rotation", async () => {
  const scene = createScene((rotation) => ({ ...unreadable(rotation), cache: true }));
  await scene.run();
  expect(await ask(scene)).toBe("value-1");
  expect(statSync(cacheOf(scene)).mode & 0o777).toBe(0o600);
  await scene.clock.advance(untilDue);
  await scene.run();
  expect(await ask(scene)).toBe("value-2");
  expect(scene.mints()).toBe(2);
  expect(readFileSync(cacheOf(scene), "utf8")).not.toContain("value-1");
  await scene.ask((engine) => engine.forget("db"));
  expect(existsSync(cacheOf(scene))).toBe(false);
});

test.each(["not json", '{"lease":"x"}', undefined])("a cache that is not ours is not believed: %s", async (text) => {
  const scene = createScene((rotation) => ({ ...unreadable(rotation), cache: true }));
  await scene.run();
  const ours = readFileSync(cacheOf(scene), "utf8");
  writeFileSync(cacheOf(scene), text ?? ours.replace("value-1", "value-9"));
  expect(await ask(scene)).toBe("value-2");
});

test("a spec without the cache takes the file away at its next rotation", async () => {
  const scene = createScene((rotation) => ({ ...rotation, cache: true }));
  await scene.run();
  expect(existsSync(cacheOf(scene))).toBe(true);
  scene.rotations = scene.rotations.map((rotation) => ({ ...rotation, cache: false }));
  await scene.clock.advance(untilDue);
  await scene.run();
  expect(existsSync(cacheOf(scene))).toBe(false);
});

test("its secret is known to the masker, and no log holds it", async () => {
  const scene = createScene();
  const { fields } = await scene.ask((engine) => engine.credential("db"));
  expect(scene.runtime.masker.mask(`x ${fields["token"]} x`)).toBe("x [secret token] x");
  expect(scene.logs.join("\n")).not.toContain(fields["token"]);
});

function needed(): never {
  throw new TypeError("no such field");
}

test("an unknown rotation, and a need that cannot be met, are told before anything is done", async () => {
  const scene = createScene();
  await expect(scene.ask((engine) => engine.credential("nobody"))).rejects.toMatchObject({ code: "ROTATE_USAGE" });
  await expect(ask(scene, { needed })).rejects.toThrow("no such field");
  expect(scene.steps).toEqual([]);
});

test("one that a server refused is minted anew, not in its first minute, and not for a value that is old", async () => {
  const scene = createScene();
  const { fields } = await scene.ask((engine) => engine.credential("db"));
  const refused = fields["token"]!;
  expect(await ask(scene, { refused })).toBe("value-1");
  await scene.clock.advance(2 * minute);
  expect(await ask(scene, { refused: "something else" })).toBe("value-1");
  expect(await ask(scene, { refused })).toBe("value-2");
  expect(await ask(scene, { refused })).toBe("value-2");
  expect(scene.mints()).toBe(2);
});
