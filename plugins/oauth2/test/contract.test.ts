import { createOAuth2Double } from "@rotate/doubles";
import { envRef, providerContract, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { oauth2 } from "../src/oauth2.ts";
import { oauth2RefreshToken } from "../src/refresh-token.ts";
import { basicAuth, clients, oddSecret } from "./support/call.ts";

async function stage(request: object) {
  const double = await createOAuth2Double({
    clients,
    rotates: false,
    refreshTokens: { "refresh-0": { client: "basic", scope: "read" } },
  });
  const { tokenEndpoint, revocationEndpoint } = double;
  const options = { tokenEndpoint, revocationEndpoint, clientId: "basic", clientAuth: basicAuth };
  return { double, options, request: { ...request }, secrets: [oddSecret], close: double.close };
}
type Stage = Awaited<ReturnType<typeof stage>>;

const harness = {
  refuse: ({ double }: Stage) => double.removeClient("basic"),
  hang: ({ double }: Stage) => double.faults.always("POST /token", "hang"),
  unready: (staged: Stage): Stage => ({
    ...staged,
    options: { ...staged.options, clientAuth: { ...basicAuth, clientSecret: envRef("NOT_SET") } },
  }),
  isLive: ({ double }: Stage, { token = "" }: Readonly<Record<string, string>>) => double.accepts(token),
};

providerContract({ describe, test }, { ...harness, provider: oauth2, start: () => stage({ scope: "read" }) });
providerContract(
  { describe, test },
  { ...harness, provider: oauth2RefreshToken, start: () => stage({ refreshToken: secretRef("refresh-0") }) },
);
