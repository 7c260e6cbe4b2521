import { errorOf, revealValues, sinkValues } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { name, type Mode, readerSees, secretCloud, secretSink, theirs } from "./support.ts";

const modes: readonly Mode[] = ["latest", "alias"];
const before = '{"user":"app","password":"theirs"}';
const password = { password: "ours-1234" };
const hour = 3_600_000;

describe.each(modes)("for readers that take the version by %s", (mode) => {
  test("a value becomes a member of the object, and the others stay", async () => {
    const { gcp, write, read } = await secretCloud(mode, before);
    await write(password);
    expect(readerSees(gcp, mode)).toBe('{"user":"app","password":"ours-1234"}');
    expect(revealValues(await read(["password", "none"]))).toEqual(password);
  });

  test("with the format `value` the secret is the value", async () => {
    const { gcp, write } = await secretCloud(mode, "theirs");
    await write({ value: "tökén" }, { format: "value" });
    expect(readerSees(gcp, mode)).toBe("tökén");
  });

  test("the same again is no change, and adds no version", async () => {
    const { gcp, write } = await secretCloud(mode, before);
    await write(password);
    const versions = gcp.secret(name)?.versions.length;
    const again = await write(password);
    expect(again.changed).toBe(false);
    await again.undo?.(await (await secretCloud(mode)).ctx());
    expect(gcp.secret(name)?.versions).toHaveLength(versions ?? 0);
  });

  test("what was written is seen at once, however far the answers to readers lag", async () => {
    const { gcp, clock, write, read } = await secretCloud(mode, before);
    gcp.lagBy(hour);
    await clock.advance(2 * hour);
    for (const text of ["first-1234", "second-1234"]) {
      await write({ password: text });
      expect(revealValues(await read(["password"]))).toEqual({ password: text });
    }
    expect((await write({ password: "second-1234" })).changed).toBe(false);
    expect(readerSees(gcp, mode)).toContain("second-1234");
  });

  test("a secret without a version takes the first", async () => {
    const { gcp, write, read } = await secretCloud(mode);
    gcp.setSecret(name);
    expect(revealValues(await read(["password"]))).toEqual({});
    await write(password);
    expect(readerSees(gcp, mode)).toBe('{"password":"ours-1234"}');
  });

  test("a secret that is made takes its first version, and says whose it is", async () => {
    const { gcp, write, read } = await secretCloud(mode);
    expect(revealValues(await read(["password"]))).toEqual({});
    await write(password, { create: true });
    expect(readerSees(gcp, mode)).toBe('{"password":"ours-1234"}');
    expect(gcp.secret(name)).toMatchObject({ labels: { "managed-by": "rotate" }, replication: { automatic: {} } });
  });

  test("a secret that is not there is made only when that is asked for", async () => {
    const { gcp, prepare, check } = await secretCloud(mode);
    const refusal = { code: "NOT_FOUND", retryable: false, hint: expect.stringContaining("create: true") };
    expect(await errorOf(prepare(password))).toMatchObject(refusal);
    expect(await errorOf(check())).toMatchObject(refusal);
    expect(gcp.secret(name)).toBeUndefined();
  });

  test("a version that somebody disabled is written anew", async () => {
    const { gcp, write, read } = await secretCloud(mode, before);
    gcp.closeVersion(name, 1, "DISABLED");
    expect(revealValues(await read(["password"]))).toEqual({});
    await write(password);
    expect(readerSees(gcp, mode)).toBe('{"password":"ours-1234"}');
  });

  test("64 KiB are written, one byte more is refused before the mint", async () => {
    const { gcp, write, check, prepare } = await secretCloud(mode, "theirs");
    const more = { format: "value" };
    await write({ value: "x".repeat(65_536) }, more);
    expect(readerSees(gcp, mode)).toHaveLength(65_536);
    const large = { value: "x".repeat(65_537) };
    expect(await errorOf(prepare(large, more))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("65537"),
    });
    const checked = check(more, { samples: sinkValues(large) });
    expect(await errorOf(checked)).toMatchObject({ code: "INVALID" });
  });

  test("of the versions that rotate wrote so many are kept as is said, and none of another's is touched", async () => {
    const { gcp, write } = await secretCloud(mode, before);
    gcp.addVersion(name, "another of theirs");
    theirs(gcp, mode, before);
    for (let round = 1; round <= 6; round += 1) await write({ password: `ours-${round}` }, { keep: 2 });
    const alive = gcp.secret(name)?.versions.filter(({ state }) => state === "ENABLED");
    expect(alive?.slice(0, 3).map(({ number }) => number)).toEqual([1, 2, 3]);
    const ours = alive?.slice(3).map(({ payload }) => String(payload)) ?? [];
    expect(ours.at(-1)).toContain("ours-6");
    expect(ours.at(-2)).toContain("ours-5");
    expect(ours.length).toBeLessThanOrEqual(mode === "alias" ? 3 : 2);
    expect(readerSees(gcp, mode)).toContain("ours-6");
  });

  test("versions that may not be destroyed stay, and that is told", async () => {
    const { gcp, ctx, prepare, write } = await secretCloud(mode, before);
    gcp.setRight("secretmanager.versions.destroy", false);
    for (let round = 1; round <= 4; round += 1) await write({ password: `ours-${round}` }, { keep: 2 });
    const last = await ctx({ keep: 2 });
    await (await prepare({ password: "ours-5" }, { keep: 2 })).commit(last);
    expect(last.logs.map(({ message }) => message)).toContain("may not destroy a version that it wrote");
    gcp.setRight("secretmanager.versions.destroy", true);
    await write({ password: "ours-6" }, { keep: 2 });
    const ours =
      gcp
        .secret(name)
        ?.versions.slice(1)
        .filter(({ state }) => state === "ENABLED") ?? [];
    expect(ours.length).toBeLessThanOrEqual(3);
  });
});

test("an alias of others, their annotations and labels stay", async () => {
  const { gcp, write } = await secretCloud("alias", before);
  gcp.setSecret(name, { aliases: { current: "1", pinned: "1" }, annotations: { a: "b" }, labels: { team: "db" } });
  await write(password, { keep: 2 });
  expect(gcp.secret(name)).toMatchObject({
    aliases: { current: "2", previous: "1", pinned: "1" },
    annotations: { a: "b", "rotate-versions": "2" },
    labels: { team: "db", "managed-by": "rotate" },
  });
});

test("a move of the alias that comes late is refused by the etag, and its version destroyed", async () => {
  const { gcp, ctx, prepare, write } = await secretCloud("alias", before);
  const late = await prepare({ password: "late-1234" });
  gcp.faults.next(`PATCH /v1/${name}`, "late");
  expect(await errorOf(late.commit(await ctx()))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  await write({ password: "next-1234" });
  await gcp.faults.arrive();
  expect(readerSees(gcp, "alias")).toContain("next-1234");
  const again = await prepare({ password: "third-1234" });
  theirs(gcp, "alias", "theirs again");
  expect(await errorOf(again.commit(await ctx()))).toMatchObject({ code: "CONFLICT" });
  expect(gcp.secret(name)?.versions.find(({ payload }) => payload.includes("third"))).toBeUndefined();
  expect(readerSees(gcp, "alias")).toBe("theirs again");
});

test("a move of the alias is refused after a fence, which moves nothing and is done for a secret that is not there", async () => {
  const { gcp, ctx, prepare } = await secretCloud("alias", before);
  const late = await prepare({ password: "late-1234" });
  gcp.faults.next(`PATCH /v1/${name}`, "late");
  await errorOf(late.commit(await ctx()));
  const aliases = gcp.secret(name)?.aliases;
  await secretSink.fence?.(await ctx());
  expect(gcp.secret(name)?.aliases).toEqual(aliases);
  await gcp.faults.arrive();
  expect(readerSees(gcp, "alias")).toBe(before);
  await expect(secretSink.fence?.(await ctx({ secret: "none" }))).resolves.toBeUndefined();
});

test("a fence that somebody else's change crossed says nothing of a late write", async () => {
  const { gcp, ctx } = await secretCloud("alias", before);
  gcp.faults.next(`PATCH /v1/${name}`, {
    status: 400,
    body: { error: { code: 400, status: "FAILED_PRECONDITION", message: "The etag provided does not match" } },
  });
  expect(await errorOf(secretSink.fence!(await ctx()))).toMatchObject({ code: "CONFLICT" });
});

test("a version that is added late becomes the latest, and the sink says so", async () => {
  const { gcp, ctx, prepare, write } = await secretCloud("latest", before);
  const late = await prepare({ password: "late-1234" });
  gcp.faults.next(`POST /v1/${name}:addVersion`, "late");
  expect(await errorOf(late.commit(await ctx()))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  await write({ password: "next-1234" });
  await gcp.faults.arrive();
  expect(readerSees(gcp, "latest")).toContain("late-1234");
  expect(secretSink.lateWrites).toBeGreaterThanOrEqual(60_000);
  expect(await errorOf(secretSink.fence!(await ctx()))).toMatchObject({
    code: "INVALID",
    hint: expect.stringContaining("alias"),
  });
  await write({ password: "next-1234" });
  expect(readerSees(gcp, "latest")).toContain("next-1234");
});

test("the newest version is never destroyed nor disabled where there was one before", async () => {
  const { gcp, ctx, write } = await secretCloud("latest", before);
  const prepared = await write(password);
  await prepared.undo?.(await ctx());
  expect(gcp.secret(name)?.versions.map(({ state }) => state)).toEqual(["ENABLED", "ENABLED", "ENABLED"]);
  expect(readerSees(gcp, "latest")).toBe(before);
});

test("an undo of the alias takes the version that nobody needs with it", async () => {
  const { gcp, ctx, write } = await secretCloud("alias", before);
  const prepared = await write(password, { keep: 2 });
  await prepared.undo?.(await ctx({ keep: 2 }));
  expect(gcp.secret(name)).toMatchObject({ aliases: { current: "1" }, annotations: {}, labels: {} });
  expect(gcp.secret(name)?.versions.map(({ state }) => state)).toEqual(["ENABLED", "DESTROYED"]);
});

function target(more: object): string {
  return secretSink.target({ project: "acme", secret: "app-db", ...more });
}

test("a target names the secret and how readers take it", () => {
  expect(target({})).toBe("projects/acme/secrets/app-db@latest");
  expect(target({ alias: "current", location: "europe-west3" })).toBe(
    "projects/acme/locations/europe-west3/secrets/app-db@current",
  );
});

test("a regional secret is made without replication, where it is", async () => {
  const { gcp, write } = await secretCloud("latest");
  await write(password, { location: "europe-west3", create: true });
  expect(gcp.secret("projects/acme/locations/europe-west3/secrets/app-db")?.replication).toBeUndefined();
});
