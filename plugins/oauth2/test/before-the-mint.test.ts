import { envRef, secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { oauth2 } from "../src/oauth2.ts";
import { oauth2RefreshToken } from "../src/refresh-token.ts";
import { basicAuth, contextOf, mint, start, textOf } from "./support/call.ts";

describe("a secret goes over https, or stays on this machine", () => {
  test.each([
    ["the token endpoint", { tokenEndpoint: "http://auth.example.com/token" }],
    ["the issuer", { tokenEndpoint: undefined, issuer: "http://auth.example.com" }],
  ])("%s over http is refused before anything is sent", async (_name, options) => {
    const { double, clock } = await start();
    await expect(mint({}, contextOf({ double, clock, options }))).rejects.toMatchObject({
      code: "INVALID",
      retryable: false,
      message: expect.stringContaining("in the clear"),
      hint: expect.stringContaining("https://"),
    });
  });

  test("an endpoint that the issuer's metadata name is held to the same rule", async () => {
    const { double, clock } = await start();
    const body = { issuer: double.issuer, token_endpoint: "http://auth.example.com/token" };
    double.faults.next("GET /.well-known/oauth-authorization-server", { status: 200, body });
    const options = { tokenEndpoint: undefined, issuer: double.issuer };
    await expect(mint({}, contextOf({ double, clock, options }))).rejects.toMatchObject({
      code: "INVALID",
      message: "the token endpoint would get a secret in the clear",
    });
  });

  test("so is the revocation endpoint", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock, options: { revocationEndpoint: "http://auth.example.com/revoke" } });
    await expect(oauth2.revokeValue?.({ token: ctx.secret("a-token") }, ctx)).rejects.toMatchObject({
      code: "INVALID",
    });
  });
});

describe("a check finds what is missing here, and asks for no token", () => {
  test.each([
    ["the client's secret", { clientAuth: { ...basicAuth, clientSecret: envRef("NOT_SET") } }, {}],
    ["the subject token", {}, { grant: { type: "token-exchange", subjectToken: envRef("NOT_SET") } }],
  ])("%s", async (_name, options, request) => {
    const { double, clock } = await start();
    const check = oauth2.check?.(contextOf({ double, clock, options }), request);
    await expect(check).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("NOT_SET") });
    expect(double.requests).toEqual([]);
  });

  test("a key that does not fit its algorithm", async () => {
    const { double, clock } = await start();
    const clientAuth = { method: "private_key_jwt", key: secretRef("no key at all") };
    await expect(oauth2.check?.(contextOf({ double, clock, options: { clientAuth } }))).rejects.toMatchObject({
      code: "INVALID",
      message: "the client's key is no PEM text",
    });
  });

  test("the refresh token, and is content when all is there", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock });
    await expect(oauth2RefreshToken.check?.(ctx, { refreshToken: envRef("NOT_SET") })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await oauth2RefreshToken.check?.(ctx, { refreshToken: secretRef("refresh-0") });
    expect(double.issued).toEqual([]);
  });
});

test("an issuer that is down before a token is asked for has given none", async () => {
  const { double, clock } = await start();
  double.faults.next("GET /.well-known/oauth-authorization-server", { status: 500, body: "" });
  const options = { tokenEndpoint: undefined, issuer: double.issuer };
  await expect(mint({}, contextOf({ double, clock, options }))).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
  });
});

describe("less than was asked", () => {
  test("is told, with what is missing", async () => {
    const { double, clock } = await start({ beyond: "narrow" });
    const ctx = contextOf({ double, clock });
    await mint({ scope: "read admin" }, ctx);
    expect(ctx.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: "the server granted less than was asked" }),
    );
    expect(ctx.logs.at(-1)?.fields).toMatchObject({ missing: "admin", granted: "read" });
  });

  test("is not said of what was granted whole", async () => {
    const { double, clock } = await start();
    const ctx = contextOf({ double, clock });
    await mint({ scope: "write read" }, ctx);
    expect(ctx.logs.filter(({ level }) => level === "warn")).toEqual([]);
  });
});

test("a token that is of no use is given back, and then nothing lives upstream", async () => {
  const { double, clock } = await start({ expiresIn: "absent" });
  const { revocationEndpoint } = double;
  const error = mint({}, contextOf({ double, clock, options: { revocationEndpoint } }));
  await expect(error).rejects.toMatchObject({ code: "BAD_ANSWER", noEffect: true });
  expect(double.accepts(double.issued[0]?.token ?? "")).toBe(false);
  await expect(mint({}, contextOf({ double, clock }))).rejects.toMatchObject({ code: "BAD_ANSWER", noEffect: false });
});

test("a refresh token that is dead waits for a person", async () => {
  const { double, clock } = await start();
  await expect(
    mint({ refreshToken: secretRef("gone") }, contextOf({ double, clock }), oauth2RefreshToken),
  ).rejects.toMatchObject({ person: true, hint: expect.stringContaining("consent anew") });
  const minted = await mint({}, contextOf({ double, clock }));
  expect(textOf(minted)).not.toBe("");
});
