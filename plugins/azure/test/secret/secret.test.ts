import { errorOf, revealValues, sinkValues } from "@rotate/testkit";
import { expect, test } from "vitest";
import { name, readerSees, secretSink, secretVault } from "./support.ts";

const day = 86_400;

test("a write is a new version, which says again what the one before had", async () => {
  const { azure, clock, write, read } = await secretVault();
  const exp = Math.floor(clock.now() / 1000) + day;
  const like = { tags: { team: "db" }, contentType: "text/plain", exp, nbf: exp - 2 * day };
  azure.addVaultVersion(name, { value: "theirs", ...like });
  await write("tökén-1234");
  expect(azure.vaultSecret(name)?.versions).toMatchObject([
    { value: "theirs" },
    { ...like, value: "tökén-1234", enabled: true, tags: { team: "db", "managed-by": "rotate" } },
  ]);
  expect(revealValues(await read())).toEqual({ value: "tökén-1234" });
});

test("an end that is over is not given to the new version", async () => {
  const { azure, clock, write } = await secretVault();
  azure.addVaultVersion(name, { value: "theirs", exp: Math.floor(clock.now() / 1000) - 1 });
  await write("ours-1234");
  expect(azure.vaultSecret(name)?.versions.at(-1)?.exp).toBeUndefined();
});

test("fifteen tags are all that a secret may have: none is added", async () => {
  const { azure, write } = await secretVault();
  const tags = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`tag-${index}`, "x"]));
  azure.addVaultVersion(name, { value: "theirs", tags });
  await write("ours-1234");
  expect(azure.vaultSecret(name)?.versions.at(-1)?.tags).toEqual(tags);
});

test("with the format `json` the value becomes a member of the object, and the others stay", async () => {
  const { azure, ctx } = await secretVault('{"user":"app","password":"theirs"}');
  const json = await ctx({ format: "json" });
  const prepared = await secretSink.prepare(sinkValues({ password: "ours-1234" }), json);
  await prepared.commit(json);
  expect(readerSees(azure)).toBe('{"user":"app","password":"ours-1234"}');
});

test("the same again is no change, and adds no version", async () => {
  const { azure, write } = await secretVault("theirs");
  await write("ours-1234");
  expect((await write("ours-1234")).changed).toBe(false);
  expect(azure.vaultSecret(name)?.versions).toHaveLength(2);
});

test("a secret that is not there is made only when that is asked for", async () => {
  const { azure, prepare, check, write } = await secretVault();
  const refusal = { code: "NOT_FOUND", retryable: false, hint: expect.stringContaining("create: true") };
  expect(await errorOf(prepare("ours-1234"))).toMatchObject(refusal);
  expect(await errorOf(check())).toMatchObject(refusal);
  await write("ours-1234", { create: true });
  expect(readerSees(azure)).toBe("ours-1234");
});

test("an undo writes the old value once more, and disables what it takes back", async () => {
  const { azure, ctx, write } = await secretVault("theirs");
  const prepared = await write("ours-1234");
  await prepared.undo?.(await ctx());
  expect(azure.vaultSecret(name)?.versions).toMatchObject([
    { value: "theirs", enabled: true },
    { value: "ours-1234", enabled: false },
    { value: "theirs", enabled: true, tags: {} },
  ]);
});

test("an undo of the first version disables it, and the next write is the first again", async () => {
  const { azure, clock, ctx, write, read } = await secretVault();
  const prepared = await write("ours-1234", { create: true });
  await prepared.undo?.(await ctx({ create: true }));
  expect(readerSees(azure)).toBeUndefined();
  expect(revealValues(await read())).toEqual({});
  await clock.advance(1000);
  await write("ours-5678");
  expect(readerSees(azure)).toBe("ours-5678");
});

test("a secret that somebody disabled stays disabled", async () => {
  const { azure, prepare, read } = await secretVault();
  azure.addVaultVersion(name, { value: "theirs", enabled: false });
  for (const call of [() => prepare("ours-1234"), () => read()])
    expect(await errorOf(call())).toMatchObject({ code: "INVALID", hint: expect.stringContaining("enable it") });
  azure.setVaultRight("list", false);
  expect(await errorOf(prepare("ours-1234"))).toMatchObject({ code: "INVALID" });
});

test("of very many versions the newest counts, in whatever order they are listed", async () => {
  const { azure, clock, read } = await secretVault();
  for (let round = 0; round < 7; round += 1) {
    azure.addVaultVersion(name, {
      value: `v-${round}`,
      enabled: round < 6,
      tags: round < 6 ? {} : { "managed-by": "rotate" },
    });
    await clock.advance(1000);
  }
  expect(revealValues(await read())).toEqual({});
  expect(azure.requests.filter(({ path }) => path.endsWith("/versions"))).toHaveLength(4);
});

test("somebody else's write since the look is a conflict, and stays", async () => {
  const { azure, ctx, prepare, write } = await secretVault("theirs");
  const prepared = await prepare("ours-1234");
  azure.addVaultVersion(name, { value: "newer" });
  expect(await errorOf(prepared.commit(await ctx()))).toMatchObject({ code: "CONFLICT", retryable: true });
  const written = await write("ours-1234");
  azure.addVaultVersion(name, { value: "newest" });
  expect(await errorOf(Promise.resolve(written.undo?.(await ctx())))).toMatchObject({ code: "CONFLICT" });
  expect(readerSees(azure)).toBe("newest");
});

test("a write that comes late becomes the newest version, and the sink says so", async () => {
  const { azure, ctx, prepare, write } = await secretVault("theirs");
  const late = await prepare("late-1234");
  azure.faults.next(`PUT /secrets/${name}`, "late");
  expect(await errorOf(late.commit(await ctx()))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  await write("next-1234");
  await azure.faults.arrive();
  expect(readerSees(azure)).toBe("late-1234");
  expect(secretSink.lateWrites).toBeGreaterThanOrEqual(60_000);
  await write("next-1234");
  expect(readerSees(azure)).toBe("next-1234");
});

test("25 KB are written, one byte more is refused before the mint", async () => {
  const { azure, check, prepare, write } = await secretVault("theirs");
  await write("x".repeat(25_600));
  expect(readerSees(azure)).toHaveLength(25_600);
  const value = "x".repeat(25_601);
  expect(await errorOf(prepare(value))).toMatchObject({ code: "INVALID", message: expect.stringContaining("25601") });
  expect(await errorOf(check({}, { samples: sinkValues({ value }) }))).toMatchObject({ code: "INVALID" });
});

function target(vault: string, secret: string): string {
  return secretSink.target({ vault, name: secret });
}

test("one secret is one target, in whatever case it is written", () => {
  expect(target("https://Acme.vault.azure.net/", "App-DB")).toBe(target("https://acme.vault.azure.net", "app-db"));
  expect(target("https://acme.vault.azure.net", "a")).not.toBe(target("https://acme.vault.azure.cn", "a"));
});

test.each([
  ["https://acme.vault.azure.net", "https://vault.azure.net/.default"],
  ["https://acme.vault.azure.cn/", "https://vault.azure.cn/.default"],
  ["https://acme.vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net/.default"],
])("a vault at %s is logged in to for %s", async (vault, scope) => {
  const { azure, ctx } = await secretVault();
  await ctx({ vault, scope: undefined }).catch(() => undefined);
  const asked = new URLSearchParams(azure.requests.at(-1)?.body);
  expect(asked.get("scope")).toBe(scope);
});
