/** The double of Vault and OpenBao itself: asked the same, they answer the same. */
import { openBaoProgram, postgresUnavailable } from "@rotate/doubles";
import { describeBoth } from "./scenarios/both.ts";
import { vaultSubject } from "./scenarios/vault-subject.ts";
import { createIssuer, startDoubleWorld, startRealWorld } from "./scenarios/vault-world.ts";
import { vaultScenarios } from "./scenarios/vault.ts";

const issuer = await createIssuer();

describeBoth({
  name: "OpenBao",
  missing: openBaoProgram() === undefined ? "OpenBao" : postgresUnavailable(),
  double: () => startDoubleWorld(issuer),
  real: () => startRealWorld(issuer),
  subject: vaultSubject,
  scenarios: vaultScenarios(issuer),
});
