import { createVaultDouble } from "@rotate/doubles";
import { providerContract, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { vaultKv } from "../src/kv.ts";
import { vaultStaticRole } from "../src/static-role.ts";
import { vault } from "../src/vault.ts";
import { base, database } from "./support/call.ts";

async function stage(request: object) {
  const double = await createVaultDouble(base);
  const options = { address: double.url, auth: { method: "token", token: secretRef("hvs.app-token") } };
  return { double, options, request: { ...request }, secrets: ["hvs.app-token"], close: double.close };
}
type Stage = Awaited<ReturnType<typeof stage>>;

function refuse({ double }: Stage): void {
  double.setNode("sealed");
}
function hang({ double }: Stage): void {
  for (const path of ["database/creds/app", "database/static-creds/legacy", "secret/data/app"]) {
    double.faults.always(`GET /v1/${path}`, "hang");
  }
}

providerContract(
  { describe, test },
  {
    provider: vault,
    start: () => stage(database),
    refuse,
    hang,
    isLive: ({ double }, { username = "" }) => double.databaseUsers().includes(username),
  },
);
providerContract(
  { describe, test },
  { provider: vaultStaticRole, start: () => stage({ role: "legacy" }), refuse, hang },
);
providerContract(
  { describe, test },
  { provider: vaultKv, start: () => stage({ path: "app", fields: { password: "password" } }), refuse, hang },
);
