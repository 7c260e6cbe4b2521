import fc from "fast-check";
import { createOAuth2Double } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import { contextOf, mint, start, textOf } from "./support/call.ts";

test("any client id and secret, of whatever characters, is understood by the server as it was meant", async () => {
  const { clock } = await start();
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  const method = fc.constantFrom("client_secret_basic" as const, "client_secret_post" as const);
  await fc.assert(
    fc.asyncProperty(text, text, method, async (clientId, secret, how) => {
      const client = { method: how, secret, grants: ["client_credentials" as const], scopes: ["read"] };
      const double = await createOAuth2Double({ clients: Object.fromEntries([[clientId, client]]), now: clock.now });
      try {
        const clientAuth = { method: how, clientSecret: secretRef(secret) };
        const minted = await mint({}, contextOf({ double, clock, options: { clientId, clientAuth } }));
        expect(double.accepts(textOf(minted))).toBe(true);
      } finally {
        await double.close();
      }
    }),
    { numRuns: 60 },
  );
});
