import { createOAuth2Double, type OAuth2Double } from "@rotate/doubles";
import { mintCanary } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  startApi,
  startConsumer,
  type Api,
} from "./support.ts";

const clientSecret = mintCanary("the client's secret", { plain: true });

async function startServer(): Promise<OAuth2Double> {
  const client = {
    method: "client_secret_basic",
    secret: clientSecret.text,
    grants: ["client_credentials"],
    scopes: ["read"],
  } as const;
  const server = await createOAuth2Double({ clients: { billing: client } });
  onTestFinished(server.close);
  return server;
}

const spec = ({ issuer }: OAuth2Double, api: Api, more = ""): string => `version: 1
name: oauth2-e2e
providers:
  idp:
    type: oauth2
    issuer: ${issuer}
    clientId: billing
    clientAuth: { method: client_secret_basic, clientSecret: { env: CLIENT_SECRET } }
rotations:
  app:
    provider: idp
    request: { scope: read }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - ${startConsumer(api)}
    overlap: { revoke: adopted, grace: 0s }
    ${more}
`;

/** An API in front of which the authorization server's tokens are checked, and a stage whose consumer calls it. */
async function setUp(more?: string) {
  const server = await startServer();
  const api = await startApi(server.accepts);
  const stage = await layOut({ spec: spec(server, api, more), env: { CLIENT_SECRET: clientSecret.text } });
  const tokens = () => server.issued.map(({ token }) => token);
  return { server, api, stage, tokens, secrets: () => [clientSecret, ...tokens()] };
}

test("an access token opens the API; when the client is not known any more the last one stays", async () => {
  const { server, api, stage, tokens, secrets } = await setUp();
  await expectRotated(stage);
  await expectFresh(stage, tokens);
  await expectRotated(stage, "--force");
  expect(api.callers).toEqual(tokens());
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  server.removeClient("billing");
  await expectRefused(stage, { why: "invalid_client", todo: "client id, secret or key is wrong" });
  expect(tokens()).toHaveLength(2);
  await expectQuiet(stage, secrets());
});

test("under `watch` a token is revoked by its value once its successor is in use", async () => {
  const { server, api, stage, tokens, secrets } = await setUp("refresh: { every: 5s, jitter: 0% }");
  const isRevoked = () => {
    const [first = ""] = tokens();
    return tokens().length > 1 && !server.accepts(first);
  };
  expect(await stage.watchUntil(isRevoked)).toBe(0);
  expect(api.callers.slice(0, 2)).toEqual(tokens().slice(0, 2));
  expect(server.accepts(api.callers.at(-1) ?? "")).toBe(true);
  await expectQuiet(stage, secrets());
});
