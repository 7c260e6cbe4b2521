import type { Login, Minted, Provider } from "@rotate/plugin-kit";
import { type AzureDouble, type AzureDoubleOptions, createAzureDouble } from "@rotate/doubles";
import { createFakeClock, type FakeClock, type ProviderCall, providerCalls, secretRef } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-azure";

export const clientId = "22222222-2222-4222-8222-222222222222";
export const clientSecret = "abc8Q~secret-of-the-app-0123456789";
export const postgres = "https://ossrdbms-aad.database.windows.net";
export const identities = [
  { clientId: "33333333-3333-4333-8333-333333333333", objectId: "44444444-4444-4444-8444-444444444444" },
  {
    clientId: "55555555-5555-4555-8555-555555555555",
    objectId: "66666666-6666-4666-8666-666666666666",
    resourceId: "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app",
  },
] as const;
export const bySecret = { method: "client-secret", clientId, clientSecret: secretRef(clientSecret) };

export const provider: Provider = plugin.providers[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no provider");
}

const calls = providerCalls(provider);

/** A tenant with a clock of its own. */
export interface Tenant {
  readonly azure: AzureDouble;
  readonly clock: FakeClock;
  /** `auth` is the provider's option. */
  readonly mint: (auth: object, more?: Partial<ProviderCall>) => Promise<Minted>;
  readonly check: (auth: object, more?: Partial<ProviderCall>) => Promise<void>;
  readonly logIn: (auth: object, more?: Partial<ProviderCall>) => Promise<Login>;
}

export function newClock(): FakeClock {
  return createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
}

export async function tenant(options: AzureDoubleOptions = {}, clock = newClock()): Promise<Tenant> {
  const apps = [{ clientId, secrets: { [clientSecret]: undefined } }];
  const azure = await createAzureDouble({ now: clock.now, apps, identities, ...options });
  onTestFinished(azure.close);

  function call(auth: object, { options: more, ...rest }: Partial<ProviderCall> = {}): ProviderCall {
    return {
      options: { tenantId: azure.tenantId, authority: azure.url, auth, ...more },
      env: azure.machineEnv,
      now: clock.now,
      ...rest,
    };
  }
  return {
    azure,
    clock,
    mint: (auth, more) => calls.mint(call(auth, more)),
    check: (auth, more) => calls.check(call(auth, more)),
    logIn: (auth, more) => calls.logIn(call(auth, more)),
  };
}
