import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabricksDouble, type DatabricksDouble, installDatabricksCli } from "@rotate/doubles";
import { providerContract, type ProviderStage, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { endpoint, pat, provider, temporaryDirectory, user } from "./support.ts";

interface WorkspaceStage extends ProviderStage {
  readonly workspace: DatabricksDouble;
}

const servicePrincipal = { clientId: "sp", secret: "dose-0123456789" };

async function start(auth: object, more: object = {}): Promise<WorkspaceStage> {
  const workspace = await createDatabricksDouble({ pats: { [pat]: user }, servicePrincipals: [servicePrincipal] });
  return {
    workspace,
    options: { host: workspace.url, auth, ...more },
    request: { endpoint, ttl: 600_000 },
    secrets: [pat, servicePrincipal.secret],
    close: workspace.close,
  };
}

function hang({ workspace }: WorkspaceStage): void {
  workspace.faults.always("*", "hang");
}

function isLive({ workspace }: WorkspaceStage, { token = "" }: Readonly<Record<string, string>>): Promise<boolean> {
  return workspace.tokens.verify(token).then(
    () => true,
    () => false,
  );
}

describe("with a personal access token", () => {
  providerContract(
    { describe, test },
    {
      provider,
      start: () => start({ method: "pat", token: secretRef(pat) }),
      refuse: ({ workspace }) => workspace.revokePat(pat),
      hang,
      isLive,
    },
  );
});

describe("with a service principal", () => {
  const { clientId, secret } = servicePrincipal;
  providerContract(
    { describe, test },
    {
      provider,
      start: () => start({ method: "oauth-m2m", clientId, clientSecret: secretRef(secret) }),
      refuse: ({ workspace }) => workspace.deleteSecret(clientId),
      hang,
      isLive,
    },
  );
});

async function startWithCli(): Promise<WorkspaceStage & { readonly cli: string }> {
  const home = await temporaryDirectory();
  const cli = await installDatabricksCli(home);
  const stage = await start({ method: "profile", profile: "prod" }, { method: "cli", cli, host: undefined });
  await writeFile(join(home, ".databrickscfg"), `[prod]\nhost = ${stage.workspace.url}\ntoken = ${pat}\n`);
  return { ...stage, cli, env: { HOME: home, PATH: process.env["PATH"] } };
}

describe("through the CLI", () => {
  const refuse = ({ cli }: Awaited<ReturnType<typeof startWithCli>>): Promise<void> => rm(cli);
  providerContract({ describe, test }, { provider, start: startWithCli, refuse, hang, isLive });
});
