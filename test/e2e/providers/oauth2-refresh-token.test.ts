import { createOAuth2Double } from "@rotate/doubles";
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

const consented = mintCanary("the refresh token of the consent", { plain: true });

/** The refresh token is read where it is stored back, before anything else is written. */
const spec = (tokenEndpoint: string, api: Api): string => `version: 1
name: oauth2-refresh-token-e2e
providers:
  idp:
    type: oauth2-refresh-token
    tokenEndpoint: ${tokenEndpoint}
    clientId: desktop
    clientAuth: { method: none }
rotations:
  app:
    provider: idp
    request: { refreshToken: { file: refresh-token } }
    sinks:
      - { type: file, path: refresh-token, values: { content: "{{ refreshToken }}" }, partial: true }
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" }, partial: true }
    reload:
      - ${startConsumer(api)}
`;

test("each refresh token is used once: its successor is stored back, and mints the next access token", async () => {
  const server = await createOAuth2Double({
    clients: { desktop: { method: "none", grants: ["refresh_token"], scopes: ["read"] } },
    refreshTokens: { [consented.text]: { client: "desktop", scope: "read" } },
  });
  onTestFinished(server.close);
  const api = await startApi(server.accepts);
  const files = { "refresh-token": consented.text };
  const stage = await layOut({ spec: spec(server.tokenEndpoint, api), files });
  const sinks = [".env", "refresh-token"];

  await expectRotated(stage);
  const [first] = server.issued;
  expect(await stage.file("refresh-token")).toBe(first?.refreshToken);
  expect(server.acceptsRefresh(consented.text)).toBe(false);
  await expectFresh(stage, () => server.issued.length);

  await expectRotated(stage, "--force");
  const [, second] = server.issued;
  expect(await stage.file("refresh-token")).toBe(second?.refreshToken);
  expect(server.acceptsRefresh(second?.refreshToken ?? "")).toBe(true);
  expect(api.callers).toEqual([first?.token, second?.token]);
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  server.removeClient("desktop");
  await expectRefused(stage, { why: "invalid_client", todo: "registered for another method", sinks });
  const minted = server.issued.flatMap(({ token, refreshToken = "" }) => [token, refreshToken]);
  await expectQuiet(stage, [consented, ...minted], sinks);
});
