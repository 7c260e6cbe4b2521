import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileRef, secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import { oauth2RefreshToken } from "../src/refresh-token.ts";
import { contextOf, mint, start, textOf } from "./support/call.ts";

const refreshTokens = { "refresh-0": { client: "basic", scope: "read write" } };

test("a chain of mints goes on when each new refresh token is stored where the next mint reads it", async () => {
  const { double, clock } = await start({ refreshTokens });
  const path = join(await mkdtemp(join(tmpdir(), "oauth2-")), "refresh-token");
  await writeFile(path, "refresh-0\n");
  const seen = new Set<string>();
  for (let count = 0; count < 5; count += 1) {
    const minted = await mint({ refreshToken: fileRef(path) }, contextOf({ double, clock }), oauth2RefreshToken);
    await writeFile(path, textOf(minted, "refreshToken"));
    seen.add(textOf(minted, "refreshToken"));
    expect(double.accepts(textOf(minted))).toBe(true);
  }
  expect(seen.size).toBe(5);
  expect(double.acceptsRefresh(await readFile(path, "utf8"))).toBe(true);
});

test("a refresh token that was used before ends the chain, and only a person can begin a new one", async () => {
  const { double, clock } = await start({ refreshTokens });
  const ctx = contextOf({ double, clock });
  const first = await mint({ refreshToken: secretRef("refresh-0") }, ctx, oauth2RefreshToken);
  await expect(mint({ refreshToken: secretRef("refresh-0") }, ctx, oauth2RefreshToken)).rejects.toMatchObject({
    code: "DENIED",
    retryable: false,
    message: "no token was granted: invalid_grant: refresh token was used before (HTTP 400)",
    hint: expect.stringContaining("consent anew"),
  });
  expect(double.accepts(textOf(first))).toBe(false);
});

test("a server that keeps its refresh tokens gives the same field each time", async () => {
  const { double, clock } = await start({ refreshTokens, rotates: false });
  const ctx = contextOf({ double, clock });
  const minted = await mint({ refreshToken: secretRef("refresh-0"), scope: "read" }, ctx, oauth2RefreshToken);
  expect(textOf(minted, "refreshToken")).toBe("refresh-0");
  expect(double.issued[0]).toMatchObject({ scope: "read" });
});

test("a public client shows its refresh token and nothing else", async () => {
  const { double, clock } = await start({ refreshTokens: { r: { client: "public", scope: "read" } } });
  const options = { clientId: "public", clientAuth: { method: "none" } };
  await mint({ refreshToken: secretRef("r") }, contextOf({ double, clock, options }), oauth2RefreshToken);
  expect(double.requests[0]?.headers["authorization"]).toBeUndefined();
  expect(double.issued).toHaveLength(1);
});

test("is never undone, rolled back or revoked, because a mint kills its predecessor", () => {
  expect(oauth2RefreshToken.overlap).toBe(false);
  expect(oauth2RefreshToken).not.toHaveProperty("revokeValue");
});
