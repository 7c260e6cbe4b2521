import type { AzureDouble } from "@rotate/doubles";
import { sinkContract, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { clientSecret } from "../support.ts";
import { name, optionsFor, readerSees, secretSink, startVault } from "./support.ts";

interface VaultStage extends SinkStage {
  readonly azure: AzureDouble;
}

const first = { password: "first-pässword", port: "port-1" };
const values = [first, { password: "second-password", port: "port-2" }] as const;

describe.each([
  ["on nothing", undefined],
  ["beside members of others", '{ "user": "app" }'],
])("%s", (_name, before) => {
  sinkContract<VaultStage>(
    { describe, test },
    {
      sink: secretSink,
      async start() {
        const azure = await startVault();
        if (before !== undefined) azure.addVaultVersion(name, { value: before });
        const options = optionsFor(azure, { create: true, format: "json" });
        return { azure, options, values, secrets: [clientSecret], close: azure.close };
      },
      snapshot: ({ azure }) => readerSees(azure),
      readBack({ azure }) {
        const { password, port } = JSON.parse(readerSees(azure) ?? "{}") as Record<string, string>;
        return { ...(password !== undefined && { password }), ...(port !== undefined && { port }) };
      },
      meddle: ({ azure }) => void azure.addVaultVersion(name, { value: '{"password":"theirs-1","port":"theirs-2"}' }),
      refuse: ({ azure }) => azure.setVaultRight("get", false),
      hang: ({ azure }) => azure.faults.always("*", "hang"),
    },
  );
});
