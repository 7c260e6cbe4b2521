/** The recipe of many tenants. */
import { createVaultDouble, type VaultDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { layOut, type Stage } from "../../e2e/providers/support.ts";
import { blockOf, recipe, startSite } from "./recipe.ts";

const role = { ttl: 3_600_000, maxTtl: 7_200_000 };
const token = "a-token-of-an-agent";

/** A Vault with a role for each of these tenants. */
async function startVault(...tenants: readonly string[]): Promise<VaultDouble> {
  const leases = { "sys/leases/renew": ["update"], "sys/leases/revoke": ["update"] } as const;
  const vault = await createVaultDouble({
    tokens: [{ id: token, policies: ["tenants"] }],
    policies: { tenants: { "database/creds/*": ["read"], ...leases } },
    engines: { database: { type: "database", roles: Object.fromEntries(tenants.map((id) => [`tenant-${id}`, role])) } },
  });
  onTestFinished(vault.close);
  return vault;
}

/** For each rotation of a run, how it ended. */
async function run({
  rotate,
}: Stage): Promise<{ readonly code: number | null; readonly ends: Readonly<Record<string, string>> }> {
  const { code, stdout } = await rotate("run", "--json", "--timeout", "0");
  const { rotations = [] }: { readonly rotations?: readonly { readonly name: string; readonly outcome: string }[] } =
    JSON.parse(stdout);
  return { code, ends: Object.fromEntries(rotations.map(({ name, outcome }) => [name, outcome])) };
}

test("each tenant has a user of its own, a new one is minted alone, a broken one fails alone, an empty list is refused", async () => {
  const vault = await startVault("acme", "globex", "initech", "umbrella");
  const app = await startSite();
  const spec = recipe("fleet-of-tenants.md", {
    "https://vault.example.com:8200": vault.url,
    "/run/vault/token": "token",
    "http://127.0.0.1:8080": app.url,
  });
  const list = blockOf("recipes/fleet-of-tenants.md", "json", "acme");
  const stage = await layOut({ spec, files: { token, "tenants.json": list } });

  const three = await run(stage);
  expect(three).toEqual({
    code: 0,
    ends: { "tenant-db.acme": "rotated", "tenant-db.globex": "rotated", "tenant-db.initech": "rotated" },
  });
  expect(app.asked).toEqual(["POST /-/reload"]);
  for (const id of ["acme", "globex", "initech"]) {
    const { user } = JSON.parse(await stage.file(`tenants/${id}.json`));
    expect(vault.issued.find(({ data }) => data["username"] === user)?.path).toBe(`database/creds/tenant-${id}`);
    expect(vault.databaseUsers()).toContain(user);
  }

  const tenants: readonly object[] = JSON.parse(list);
  const more = [...tenants, { id: "umbrella", role: "tenant-umbrella" }, { id: "hooli", role: "tenant-hooli" }];
  await stage.write("tenants.json", JSON.stringify(more));
  const five = await run(stage);
  expect(five).toMatchObject({
    code: 1,
    ends: { "tenant-db.acme": "fresh", "tenant-db.umbrella": "rotated", "tenant-db.hooli": "failed" },
  });
  expect(vault.issued).toHaveLength(4);

  await stage.write("tenants.json", "[]");
  expect(await stage.rotate("validate")).toMatchObject({ code: 2 });
  expect(vault.databaseUsers()).toHaveLength(4);
});
