import { writeFile } from "node:fs/promises";
import { providerContract } from "@rotate/testkit";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, test } from "vitest";
import { jwt } from "../src/jwt.ts";
import { issuer, keyPath } from "./support/mint.ts";

providerContract(
  { describe, test },
  {
    provider: jwt,
    start: async () => ({
      options: { issuer, key: { path: await keyPath() } },
      request: { subject: "app", ttl: 60_000 },
    }),
    refuse: ({ options }) => writeFile(options.key.path, "no key"),
    isLive: (_stage, { token = "", jwks = "" }) =>
      jwtVerify(token, createLocalJWKSet(JSON.parse(jwks)), { issuer }).then(
        () => true,
        () => false,
      ),
  },
);
