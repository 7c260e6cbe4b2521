import { expect, test } from "vitest";
import { vaultKv } from "../src/kv.ts";
import { vaultStaticRole } from "../src/static-role.ts";
import { vault } from "../src/vault.ts";
import { appPolicy, hour, loggedIn, mint, start } from "./support/call.ts";

const readsNothing = { path: "database/creds/app", fields: { password: "no_such_key" } };

test("what is read leaves nothing upstream; a lease does", () => {
  expect([vaultKv.ghosts, vaultStaticRole.ghosts, vault.ghosts]).toEqual([false, false, undefined]);
});

test("a static role tells how often its password changes, unless each mint changes it", async () => {
  const { double, clock } = await start();
  const ctx = await loggedIn({ double, clock, provider: vaultStaticRole });
  expect(await mint({ role: "legacy" }, ctx, vaultStaticRole)).toMatchObject({ period: 24 * hour });
  expect(await mint({ role: "legacy", rotate: true }, ctx, vaultStaticRole)).not.toHaveProperty("period");
});

test("a lease whose answer cannot be read is given back, and then nothing lives upstream", async () => {
  const { double, clock } = await start();
  const error = mint(readsNothing, await loggedIn({ double, clock }));
  await expect(error).rejects.toMatchObject({ code: "BAD_ANSWER", noEffect: true });
  const { "sys/leases/revoke": _may, "sys/leases/revoke/*": _all, ...policy } = appPolicy;
  const other = await start({ policies: { app: policy } });
  await expect(mint(readsNothing, await loggedIn(other))).rejects.toMatchObject({ noEffect: false });
});

test("the files that a login reads are named, so that no sink writes there", () => {
  const env = { HOME: "/home/app" };
  const options = { address: "https://vault.example.com", auth: { method: "token-file" } };
  expect(vault.reads?.(options, env)).toEqual([{ path: "/home/app/.vault-token" }]);
  const agent = { ...options, auth: { method: "token-file", path: "/run/agent/token" } };
  expect(vaultKv.reads?.(agent, env)).toEqual([{ path: "/run/agent/token" }]);
  const pod = { ...options, auth: { method: "kubernetes", role: "app", mount: "kubernetes" } };
  expect(vault.reads?.(pod, env)).toEqual([{ path: "/var/run/secrets/kubernetes.io/serviceaccount/token" }]);
});

test("a login by a file of this machine stays here; others may go anywhere", () => {
  const scope = typeof vault.scope === "function" ? vault.scope : () => "";
  expect(scope({ address: "", auth: { method: "token-file" } })).toBe("host");
  expect(scope({ address: "", auth: { method: "approle", roleId: "x", mount: "approle" } })).toBe("anywhere");
});
