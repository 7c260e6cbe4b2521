import { type AzureDouble, createAzureDouble } from "@rotate/doubles";
import { envRef, providerContract, type ProviderStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { bySecret, clientId, clientSecret, identities, provider } from "./support.ts";

interface TenantStage extends ProviderStage {
  readonly azure: AzureDouble;
}

async function start(auth: object): Promise<TenantStage> {
  const apps = [{ clientId, secrets: { [clientSecret]: undefined } }];
  const azure = await createAzureDouble({ apps, identities });
  const options = { tenantId: azure.tenantId, authority: azure.url, auth };
  return { azure, options, env: azure.machineEnv, secrets: [clientSecret], close: azure.close };
}

describe.each([
  ["by a client secret", bySecret, clientId],
  ["by a managed identity", { method: "managed-identity" }, identities[0].clientId],
])("%s", (_name, auth, id) => {
  providerContract(
    { describe, test },
    {
      provider,
      start: () => start(auth),
      refuse: ({ azure }) => azure.disable(id),
      ...("clientSecret" in auth && {
        unready: (stage: TenantStage): TenantStage => ({
          ...stage,
          options: { ...stage.options, auth: { ...auth, clientSecret: envRef("NOT_SET") } },
        }),
      }),
      hang: ({ azure }) => azure.faults.always("*", "hang"),
      isLive: ({ azure }, { token = "" }) =>
        azure.verify(token).then(
          () => true,
          () => false,
        ),
    },
  );
});
