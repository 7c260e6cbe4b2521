/** The sink `vault-kv` on OpenBao's own server. */
import { openBaoProgram, startOpenBao, type OpenBao } from "@rotate/doubles";
import { isRotateError, type RotateError } from "@rotate/plugin-kit";
import { sinkContract, sinkValues, type SinkHarness } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vaultKvSink } from "../src/kv-sink/sink.ts";
import { contextOn, startStage, store, stored, type KvStage } from "./support/kv-stage.ts";

const ours = { password: "first-text", user: "app-first" };
const values = sinkValues(ours);
let server: OpenBao;

async function faultOf(promise: Promise<unknown>): Promise<RotateError> {
  const error: unknown = await promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  if (!isRotateError(error)) throw new Error(`no RotateError: ${String(error)}`);
  return error;
}

async function write(stage: KvStage, more?: Readonly<Record<string, unknown>>) {
  const ctx = await contextOn(stage, more);
  const prepared = await vaultKvSink.prepare(values, ctx);
  await prepared.commit(ctx);
  return prepared;
}

function harness(name: string, start: () => Promise<KvStage>): SinkHarness<KvStage> {
  const { lateWrites, ...strict } = vaultKvSink;
  return {
    // Over a secret of version 2 the trait is not needed: its fence is enough.
    sink:
      name.includes("beside") && name.includes("version 2") ? strict : { ...strict, ...(lateWrites && { lateWrites }) },
    start,
    snapshot: (stage) => stored(server, stage),
    async readBack(stage) {
      const { others: _, ...data } = { ...(await stored(server, stage)) };
      return data as Readonly<Record<string, string>>;
    },
    async meddle(stage) {
      const before = await stored(server, stage);
      await store(server, stage, { ...before, password: "theirs", user: "theirs" });
    },
    refuse: async ({ policy }) =>
      void (await server.write(`sys/policies/acl/${policy}`, { policy: 'path "none" { capabilities = ["deny"] }' })),
    hang: ({ front }) => void (front.fate = () => "hangs"),
  };
}

describe.skipIf(openBaoProgram() === undefined)("on OpenBao", () => {
  beforeAll(async () => {
    server = await startOpenBao();
    await server.write("sys/mounts/kv1", { type: "kv", options: { version: "1" } });
    await server.write("sys/mounts/transit", { type: "transit" });
  });
  afterAll(() => server.close());

  describe.each<readonly [string, () => Promise<KvStage>]>([
    ["version 2, beside what others keep", () => startStage(server, { holding: { others: "theirs" } })],
    ["version 2, where nothing was", () => startStage(server)],
    ["version 1, beside what others keep", () => startStage(server, { mount: "kv1", holding: { others: "theirs" } })],
  ])("%s", (name, start) => {
    sinkContract({ describe, test }, harness(name, start));
  });

  test("what others keep stays as it is, and what a write would change is refused before anything is minted", async () => {
    const stage = await startStage(server);
    const keep = (body: string) =>
      fetch(`${server.url}/v1/secret/data/${stage.path}`, {
        method: "POST",
        headers: { "x-vault-token": server.token },
        body,
      });
    await keep('{"data":{"others":7,"nested":{"a":[1.5,null,true]}}}');
    await (await write(stage)).undo?.(await contextOn(stage));
    expect(await stored(server, stage)).toEqual({ others: 7, nested: { a: [1.5, null, true] } });
    await keep('{"data":{"nested":{"a":[12345678901234567890]}}}');
    const fault = await faultOf((async () => vaultKvSink.check?.(await contextOn(stage)))());
    expect(fault).toMatchObject({ code: "INVALID", hint: "keep it in a secret of its own, or as text" });
  });

  test("a token that may only write what is there needs no right to patch", async () => {
    const stage = await startStage(server, { holding: { others: "theirs" }, rights: { data: ["read", "update"] } });
    await write(stage);
    const ctx = await contextOn(stage);
    await vaultKvSink.fence?.(ctx);
    expect(await stored(server, stage)).toEqual({ others: "theirs", ...ours });
  });

  test("says in the secret's own metadata who writes it, and goes on where that is not allowed", async () => {
    const stage = await startStage(server, { holding: { others: "theirs" } });
    await write(stage);
    const answer = await fetch(`${server.url}/v1/secret/metadata/${stage.path}`, {
      headers: { "x-vault-token": server.token },
    });
    expect(await answer.json()).toMatchObject({
      data: { custom_metadata: { "managed-by": "rotate" }, current_version: 2 },
    });
  });

  test("a write whose answer was lost is fenced off, and one that is still on its way fails", async () => {
    const stage = await startStage(server, { holding: { others: "theirs" } });
    const ctx = await contextOn(stage);
    const late = await vaultKvSink.prepare(values, ctx);
    await vaultKvSink.fence?.(ctx);
    expect(await faultOf(late.commit(ctx))).toMatchObject({ code: "CONFLICT", retryable: true });
    stage.front.fate = (asked) => (asked.startsWith("POST /v1/secret/data") ? "lost" : "answered");
    const lost = await vaultKvSink.prepare(values, ctx);
    expect(await faultOf(lost.commit(ctx))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await stored(server, stage)).toMatchObject(ours);
  });

  test("version 1 refuses no late write, and says so", async () => {
    const stage = await startStage(server, { mount: "kv1", holding: { others: "theirs" } });
    expect(await faultOf(vaultKvSink.fence!(await contextOn(stage)))).toMatchObject({
      code: "INVALID",
      hint: expect.stringMatching("waited for"),
    });
  });

  test("a deleted secret is written again over its history, and undo deletes that version alone", async () => {
    const stage = await startStage(server, { holding: { others: "theirs" }, create: true });
    await server.write(`secret/delete/${stage.path}`, { versions: [1] });
    const prepared = await write(stage);
    expect(await stored(server, stage)).toEqual(ours);
    await prepared.undo?.(await contextOn(stage));
    expect(await stored(server, stage)).toBeUndefined();
    await server.write(`secret/undelete/${stage.path}`, { versions: [1, 2] });
    expect(await stored(server, stage)).toEqual(ours);
  });

  test.each([
    [
      "there is no secret",
      {},
      { create: false },
      { code: "NOT_FOUND", hint: /vault kv put -mount=secret app-\d+\/db …/ },
    ],
    ["the mount is another engine's", {}, { mount: "transit" }, { code: "DENIED", hint: /check `mount`/ }],
    [
      "the engine is said to be the other one",
      { holding: { a: "b" } },
      { engine: "1" },
      { code: "DENIED", hint: /"secret\/app/ },
    ],
    [
      "nothing may be read",
      { holding: { a: "b" }, rights: { data: ["update"] } },
      {},
      { code: "DENIED", hint: /"secret\/data\/app-\d+\/db" \{ capabilities = \["read"\]/ },
    ],
    [
      "nothing may be written",
      { holding: { a: "b" }, rights: { data: ["read"] } },
      {},
      { code: "DENIED", hint: /capabilities = \["update"\]/ },
    ],
    [
      "nothing may be made",
      { rights: { data: ["read", "update"], delete: ["update"] } },
      {},
      { code: "DENIED", hint: /capabilities = \["create"\]/ },
    ],
    [
      "what is made could not be taken back",
      { rights: { data: ["read", "create"] } },
      {},
      { code: "DENIED", hint: /secret\/delete\/app/ },
    ],
  ])("before anything is minted it is found that %s", async (_, given, options, expected) => {
    const stage = await startStage(server, given);
    const fault = await faultOf((async () => vaultKvSink.check?.(await contextOn(stage, options)))());
    expect(fault).toMatchObject({ code: expected.code, hint: expect.stringMatching(expected.hint) });
  });

  test("a version that the server deletes before the next one comes is refused", async () => {
    const stage = await startStage(server, { holding: { others: "theirs" } });
    await server.write(`secret/metadata/${stage.path}`, { delete_version_after: "30m" });
    await store(server, stage, { others: "theirs" });
    const check = async (every?: number) =>
      vaultKvSink.check?.({ ...(await contextOn(stage)), ...(every && { every }) });
    expect(await faultOf(check(3_600_000))).toMatchObject({
      code: "INVALID",
      hint: expect.stringMatching("delete_version_after"),
    });
    await check(600_000);
  });

  test("tells who takes a secret over that something else wrote", async () => {
    const stage = await startStage(server, { holding: { password: "theirs" } });
    const ctx = await contextOn(stage);
    await vaultKvSink.check?.({ ...ctx, keys: ["password"] });
    expect(ctx.logs.map(({ message }) => message)).toContain("takes over what something else wrote");
    await write(stage);
    const again = await contextOn(stage);
    await vaultKvSink.check?.({ ...again, keys: ["password"] });
    expect(again.logs.filter(({ level }) => level === "warn")).toEqual([]);
  });
});
