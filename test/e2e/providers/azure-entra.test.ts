import { createAzureDouble, postgresUnavailable, type AzureDouble, type LakebaseGateway } from "@rotate/doubles";
import { mintCanary } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startDatabase, urlInDotenv } from "./database.ts";
import { expectFresh, expectQuiet, expectRefused, expectRotated, formerLeases, layOut, logIn } from "./support.ts";

const clientId = "22222222-2222-4222-8222-222222222222";
const clientSecret = mintCanary("the app's secret", { plain: true });

const spec = ({ url, tenantId }: AzureDouble, database: LakebaseGateway): string => `version: 1
name: azure-entra-e2e
providers:
  entra:
    type: azure-entra
    tenantId: ${tenantId}
    authority: ${url}
    auth: { method: client-secret, clientId: ${clientId}, clientSecret: { env: CLIENT_SECRET } }
rotations:
  app:
    provider: entra
    sinks:
      - ${urlInDotenv(database)}
    reload:
      - ${logIn}
`;

/** A tenant with an app, and a database that lets the app in with tokens made for databases. */
async function setUp() {
  const entra = await createAzureDouble({ apps: [{ clientId, secrets: { [clientSecret.text]: undefined } }] });
  onTestFinished(entra.close);
  const passwords: string[] = [];
  async function verify(token: string) {
    const { appid, aud, exp } = await entra.verify(token);
    if (appid !== clientId || aud !== "https://ossrdbms-aad.database.windows.net") throw new Error("not for us");
    passwords.push(token);
    return { sub: "app", jti: token, exp };
  }
  const database = await startDatabase({ verify });
  const files = { "ca.pem": database.ca };
  const stage = await layOut({ spec: spec(entra, database), env: { CLIENT_SECRET: clientSecret.text }, files });
  return { entra, passwords, stage };
}

const unavailable = postgresUnavailable();

test.skipIf(unavailable !== undefined)(
  `an app's token is the password of its database user (${unavailable ?? "on a real PostgreSQL"})`,
  async () => {
    const { entra, passwords, stage } = await setUp();
    const minted = () => entra.requests.filter(({ method }) => method === "POST").length;

    await expectRotated(stage);
    await expectFresh(stage, minted);
    await expectRotated(stage, "--force");
    expect(await stage.file("who")).toBe("app\napp\n");
    expect(new Set(passwords).size).toBe(2);
    expect(await formerLeases(stage)).toEqual(["expires only"]);

    entra.disable(clientId);
    await expectRefused(stage, { why: "AADSTS", todo: "the app is disabled" });
    expect(minted()).toBe(3);
    await expectQuiet(stage, [clientSecret, ...passwords]);
  },
);
