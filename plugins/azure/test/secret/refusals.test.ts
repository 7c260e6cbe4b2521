import { type DoubleFault, keyVaultError } from "@rotate/doubles";
import { effectOf, errorOf, outageSamples, refusalContract, type WriteRefusal } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { secretRefusals } from "../../src/secret/refusals.ts";
import { name, secretVault } from "./support.ts";

const forbidden = [403, "Forbidden"] as const;
const conflict = [409, "Conflict"] as const;

const rows: readonly WriteRefusal<DoubleFault>[] = [
  {
    name: "a token of another tenant",
    fault: keyVaultError([401, "Unauthorized"], "AKV10032: Invalid issuer."),
    code: "DENIED",
    hint: /tenantId/,
  },
  {
    name: "a token that is over",
    fault: keyVaultError([401, "Unauthorized"], "AKV10046: no"),
    code: "DENIED",
    hint: /sovereign/,
  },
  {
    name: "a firewall",
    fault: keyVaultError(forbidden, "Client address is not authorized.", "ForbiddenByFirewall"),
    code: "DENIED",
    hint: /network rules/,
  },
  {
    name: "a role that is lacking",
    fault: keyVaultError(forbidden, "Caller is not authorized", "ForbiddenByRbac"),
    code: "DENIED",
    hint: /Secrets Officer/,
  },
  {
    name: "an access policy",
    fault: keyVaultError(forbidden, "no", "AccessDenied"),
    code: "DENIED",
    hint: /access policy/,
  },
  { name: "another 403", fault: keyVaultError(forbidden, "no"), code: "DENIED", hint: /get and set/ },
  {
    name: "a deleted name",
    fault: keyVaultError(conflict, "no", "ObjectIsDeletedButRecoverable"),
    code: "INVALID",
    hint: /recover it.*purge/,
  },
  {
    name: "a deletion that goes on",
    fault: keyVaultError(conflict, "no", "ObjectIsBeingDeleted"),
    code: "UNAVAILABLE",
    retryable: true,
    hint: /minutes/,
  },
  {
    name: "a change at the same moment",
    fault: keyVaultError(conflict, "no", "ConflictError"),
    code: "CONFLICT",
    retryable: true,
    hint: /somebody else/,
  },
  {
    name: "a value that is refused",
    fault: keyVaultError([400, "BadParameter"], "no"),
    code: "INVALID",
    hint: /25 KB/,
  },
  {
    name: "a limit",
    fault: { ...keyVaultError([429, "Throttled"], "no"), headers: { "retry-after": "7" } },
    code: "RATE_LIMITED",
    retryable: true,
    hint: /limits calls/,
  },
  { name: "an outage", fault: { status: 503, body: "" }, code: "UNAVAILABLE", retryable: true, hint: /status\.azure/ },
  {
    name: "a fault inside",
    fault: { status: 500, body: "" },
    code: "UNAVAILABLE",
    retryable: true,
    hint: /status\.azure/,
    unknown: true,
  },
  { name: "a page of a proxy", fault: "html", code: "BAD_ANSWER", hint: /proxies/ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./, unknown: true },
  {
    name: "a success of somebody else",
    fault: { status: 200, body: {} },
    code: "BAD_ANSWER",
    hint: /vault/,
    unknown: true,
  },
];

test.each(rows)("a write that meets $name is $code", async (row) => {
  const { azure, ctx, prepare } = await secretVault("theirs");
  const prepared = await prepare("ours-1234");
  azure.faults.next(`PUT /secrets/${name}`, row.fault);
  const error = await errorOf(prepared.commit(await ctx()));
  expect(error).toMatchObject(effectOf(row));
  expect(error.hint).toMatch(row.hint);
});

test("a 403 and a 404 of a stranger are no absent secret", async () => {
  const { azure, prepare } = await secretVault();
  azure.setVaultRight("get", false);
  expect(await errorOf(prepare("ours-1234", { create: true }))).toMatchObject({ code: "DENIED" });
  azure.faults.next(`GET /secrets/${name}`, { status: 404, body: "no such host" });
  expect(await errorOf(prepare("ours-1234", { create: true }))).toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringContaining("vault"),
  });
});

test("a deleted name is found before the mint where we may look, else at the write", async () => {
  const { azure, check, ctx, prepare } = await secretVault("theirs");
  azure.setVaultSecret(name, { deleted: true });
  const refusal = { code: "INVALID", hint: expect.stringContaining("recover it") };
  expect(await errorOf(check({ create: true }))).toMatchObject(refusal);
  const prepared = await prepare("ours-1234", { create: true });
  expect(await errorOf(prepared.commit(await ctx()))).toMatchObject(refusal);
});

test("the secret of a certificate is refused", async () => {
  const { azure, check, prepare } = await secretVault("theirs");
  azure.setVaultSecret(name, { managed: true });
  for (const call of [() => check(), () => prepare("ours-1234")])
    expect(await errorOf(call())).toMatchObject({ code: "INVALID", message: expect.stringContaining("certificate") });
});

test("a check tells of others, of an expiry and of versions that only grow", async () => {
  const { azure, clock, check } = await secretVault();
  const exp = Math.floor(clock.now() / 1000) + 3600;
  azure.addVaultVersion(name, { value: "earlier-1234", exp, tags: { "managed-by": "external-secrets" } });
  const told = async (extra: object) => (await check({}, extra)).logs.map(({ message }) => message);
  const always = ["somebody else says that the secret is theirs", "the secret has an expiry of its own"];
  expect(await told({ ours: true })).toEqual(always);
  expect(await told({})).toEqual([
    ...always,
    "takes over a secret that has a value",
    "each write adds a version, and single versions cannot be deleted",
  ]);
});

test("a list whose next page is elsewhere is not followed", async () => {
  const { azure, read } = await secretVault();
  azure.addVaultVersion(name, { value: "theirs", enabled: false });
  const body = { value: [], nextLink: "https://elsewhere.example/secrets/app-db/versions" };
  azure.faults.next(`GET /secrets/${name}/versions`, { status: 200, body });
  expect(await errorOf(read())).toMatchObject({ code: "BAD_ANSWER", message: expect.stringContaining("elsewhere") });
});

refusalContract(
  { describe, test },
  {
    name: "Key Vault",
    of: "http",
    table: secretRefusals,
    samples: [
      { status: 429, said: "Throttled: no", is: "limited" },
      ...outageSamples,
      { status: 401, said: "Unauthorized: AKV10032: Invalid issuer", is: "denied" },
      { status: 401, said: "Unauthorized: no", is: "denied" },
      { status: 403, said: "Forbidden ForbiddenByFirewall: no", is: "denied" },
      { status: 403, said: "Forbidden SecretDisabled: no", is: "invalid" },
      { status: 403, said: "Forbidden ForbiddenByRbac: no", is: "denied" },
      { status: 403, said: "Forbidden AccessDenied: no", is: "denied" },
      { status: 403, said: "Forbidden: no", is: "denied" },
      { status: 404, said: "SecretNotFound: no", is: "missing" },
      { status: 409, said: "Conflict ObjectIsDeletedButRecoverable: no", is: "invalid" },
      { status: 409, said: "Conflict ObjectIsBeingDeleted: no", is: "wait" },
      { status: 409, said: "Conflict: no", is: "raced" },
      { status: 400, said: "BadParameter: no", is: "invalid" },
      { status: 302, said: "", is: "stranger" },
    ],
  },
);
