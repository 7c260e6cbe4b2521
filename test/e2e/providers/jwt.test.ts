import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  linesOf,
  startApi,
  startConsumer,
  type Stage,
} from "./support.ts";

const spec = (consumer: string): string => `version: 1
name: jwt-e2e
providers:
  issuer: { type: jwt, issuer: https://issuer.example, key: { path: signing-key.pem }, jwksPath: jwks.json }
rotations:
  app:
    provider: issuer
    request: { subject: app, audience: [api], ttl: 15m }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - ${consumer}
`;

/** What an API can judge that knows nothing of the issuer but its published keys. */
async function isGenuine(stage: Stage, token: string): Promise<boolean> {
  const keys = createLocalJWKSet(JSON.parse(await stage.file("jwks.json")));
  const { payload } = await jwtVerify(token, keys, { issuer: "https://issuer.example", audience: "api" });
  return payload.sub === "app";
}

test("tokens of the embedded issuer are verified by its published keys", async () => {
  const api = await startApi((token) => isGenuine(stage, token));
  const stage = await layOut({ spec: spec(startConsumer(api)) });

  await expectRotated(stage);
  await expectFresh(stage, () => api.callers.length);
  const keys = await stage.file("jwks.json");
  await expectRotated(stage, "--force");
  expect(await stage.file("jwks.json")).toBe(keys);
  expect(new Set(api.callers).size).toBe(2);
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  const signingKey = await stage.file("signing-key.pem");
  await stage.write("signing-key.pem", "cut off");
  await expectRefused(stage, {
    why: "signing key",
    todo: "whole file of the private key, unencrypted",
    sinks: [".env", "jwks.json"],
  });
  await expectQuiet(stage, [...api.callers, ...linesOf(signingKey)], [".env", "signing-key.pem"]);
});
