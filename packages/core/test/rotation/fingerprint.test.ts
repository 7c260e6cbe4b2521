import { Secret } from "@rotate/plugin-kit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNames, credentialFingerprint } from "../../src/rotation/accept.ts";

test("field names stand in the order of English, whatever the locale of the process", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(compareNames(one, other)).toBe(Math.sign(one.localeCompare(other, "en")));
    }),
  );
});

test("a credential has one fingerprint, in whichever order its fields are told", () => {
  const [user, password] = ["app", new Secret("s3cret")];
  const prints = [
    { user, password },
    { password, user },
  ].map((fields) => credentialFingerprint(fields, (text) => text));
  expect(prints).toEqual([prints[0], prints[0]]);
  expect(prints[0]).toBe('[["password","s3cret"],["user","app"]]');
});
