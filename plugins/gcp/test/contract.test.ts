import { createGcpDouble, type GcpDouble } from "@rotate/doubles";
import { envRef, providerContract, type ProviderStage, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { app, person, provider, target } from "./support.ts";

interface CloudStage extends ProviderStage {
  readonly gcp: GcpDouble;
}

type Options = (gcp: GcpDouble) => { readonly source: object; readonly impersonate?: object };

async function start(optionsOf: Options, request: Readonly<Record<string, unknown>>): Promise<CloudStage> {
  const gcp = await createGcpDouble({ people: [person] });
  const { private_key: pem } = JSON.parse(gcp.keyFile(app)) as { readonly private_key: string };
  return {
    gcp,
    options: { endpoints: gcp.endpoints, ...optionsOf(gcp) },
    request,
    env: gcp.env,
    secrets: [pem, person.clientSecret, person.refreshToken],
    close: gcp.close,
  };
}

interface Case {
  readonly name: string;
  readonly options: Options;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly refuse: (stage: CloudStage) => void;
  /** The source without what it is read from, where a check asks nobody. */
  readonly unready?: object;
}

function key(gcp: GcpDouble) {
  return { method: "service-account", key: secretRef(gcp.keyFile(app)) };
}

const cases: readonly Case[] = [
  {
    name: "the metadata server",
    options: () => ({ source: { method: "metadata" } }),
    refuse: ({ gcp }) => gcp.faults.always("*", { status: 404, headers: { "metadata-flavor": "Google" } }),
  },
  {
    name: "a service account's key",
    options: (gcp) => ({ source: key(gcp) }),
    refuse: ({ gcp }) => gcp.deleteKey(app),
    unready: { method: "service-account", key: envRef("NOT_SET") },
  },
  {
    name: "a person's refresh token",
    options: (gcp) => ({ source: { method: "authorized-user", credentials: secretRef(gcp.userFile(person.email)) } }),
    refuse: ({ gcp }) => gcp.revokeRefreshToken(person.email),
    unready: { method: "authorized-user", credentials: envRef("NOT_SET") },
  },
  {
    name: "impersonation",
    options: (gcp) => ({ source: key(gcp), impersonate: { account: target } }),
    request: { ttl: 600_000 },
    refuse: ({ gcp }) => gcp.forbid(target),
    unready: { method: "service-account", key: envRef("NOT_SET") },
  },
];

describe.each(cases)("by $name", ({ options, request = {}, refuse, unready }) => {
  providerContract(
    { describe, test },
    {
      provider,
      start: () => start(options, request),
      refuse,
      ...(unready && {
        unready: (stage: CloudStage): CloudStage => ({ ...stage, options: { ...stage.options, source: unready } }),
      }),
      hang: ({ gcp }) => gcp.faults.always("*", "hang"),
      isLive: ({ gcp }, { token = "" }) => gcp.inspect(token) !== undefined,
    },
  );
});
