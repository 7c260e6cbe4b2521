import { mkdtempSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectNoLeak, mintCanary, playTape, recordTape, type TapedWay } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";

const key = mintCanary("key", { plain: true }).text;
const token = mintCanary("token", { plain: true }).text;

/** A server that answers whatever this says, and the file of a tape. */
async function opened(answer: (path: string, body: string) => unknown) {
  const folder = mkdtempSync(join(tmpdir(), "rotate-tape-"));
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      response.setHeader("set-cookie", `session=${key}`).setHeader("x-request-id", token);
      response.end(JSON.stringify(answer(request.url ?? "", body)));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  function shut(): void {
    server.close();
    server.closeAllConnections();
  }
  onTestFinished(() => {
    shut();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    from: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    file: join(folder, "acme.tape.json"),
    shut,
  };
}

async function ask({ url }: TapedWay, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}`, cookie: `session=${key}`, "content-type": "application/json" };
  const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  return (await fetch(url + path, init)).json();
}

test("what was recorded is played without the server, and neither login nor token stands on the tape", async () => {
  const { from, file, shut } = await opened((path) => (path === "/mint" ? { id: "t1", secret: token } : { ok: path }));
  const recorder = await recordTape(file, { from, secrets: [key], hide: ["secret"] });
  expect(await ask(recorder, "/mint", { name: "a" })).toEqual({ id: "t1", secret: token });
  await ask(recorder, `/tokens/${token}`);
  await recorder.finish();
  await recorder.close();
  shut();
  await expectNoLeak([key, token], { tape: { file } });
  expect(readFileSync(file, "utf8")).not.toMatch(/authorization|cookie|x-request-id/i);

  const player = await playTape(file);
  expect(await ask(player, "/mint", { name: "a" })).toEqual({ id: "t1", secret: "hidden-secret-1" });
  expect(await ask(player, "/tokens/hidden-secret-1")).toEqual({ ok: "/tokens/hidden-secret-1" });
  await expect(player.finish()).resolves.toBeUndefined();
  expect(Math.abs(player.now() - Date.now())).toBeLessThan(60_000);
  expect(await ask(player, "/mint", { name: "b" })).toEqual({ error: "not on the tape" });
  await expect(player.finish()).rejects.toThrow("POST /mint; record it again");
  await player.close();
});

/** What an answer may hold that must not get on a tape, and what is said. */
test.each<readonly [string, unknown, RegExp]>([
  ["a login that is known", { you: `as ${key}` }, /a secret would stand on the tape, as it is/],
  ["it in base64", { you: Buffer.from(key).toString("base64") }, /a secret would stand on the tape, encoded/],
  [
    "a token of random letters and digits",
    { value: "Gje6XXi3wNqekrMHbyuBMbi-doYVaxQs" },
    /looks like a secret.*\/0\/answer\/body\/value/,
  ],
  ["a token of random letters", { value: "TSTWTqOZPybHqBytxTvjqYmGXfMPLSSj" }, /looks like a secret.*\/body\/value/],
  ["a field that is named like one", { auth: { client_token: "short-one" } }, /\/0\/answer\/body\/auth\/client_token/],
  ["a JSON Web Token", { data: ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"] }, /\/body\/data\/0/],
  ["a key of a cloud", { id: "AKIAIOSFODNN7EXAMPLE" }, /\/body\/id/],
  ["a private key", { pem: "-----BEGIN PRIVATE KEY-----\nMIIB" }, /\/body\/pem/],
  ["an address with a login", { at: "postgres://app:hunter22@db/app" }, /\/body\/at/],
])("a tape with %s is refused by its place, and nothing is written", async (_, answer, message) => {
  const { from, file } = await opened(() => answer);
  const recorder = await recordTape(file, { from, secrets: [key] });
  await ask(recorder, "/");
  await expect(recorder.finish()).rejects.toThrow(message);
  await recorder.close();
  expect(existsSync(file)).toBe(false);
  const said = await recorder.finish().catch((error: unknown) => String(error));
  await expectNoLeak([key, token], { said: String(said) });
});

test("long names of many words are no secret", async () => {
  const { from, file } = await opened(() => ({
    kind: "someVeryLongCamelCaseIdentifierName",
    of: "PersistentVolumeClaimTemplateSpecification",
  }));
  const recorder = await recordTape(file, { from, secrets: [key] });
  await ask(recorder, "/");
  await recorder.finish();
  await recorder.close();
  expect(existsSync(file)).toBe(true);
});

test.each<readonly [string, object]>([
  ["a query", { path: `/?key=${key}` }],
  ["a body", { path: "/", body: { login: key } }],
])("a login in %s of a request is refused, too", async (_, { path, body }: { path?: string; body?: object }) => {
  const { from, file } = await opened(() => ({}));
  const recorder = await recordTape(file, { from, secrets: [key] });
  await ask(recorder, path ?? "", body);
  await expect(recorder.finish()).rejects.toThrow(/a secret would stand on the tape/);
  await recorder.close();
});

test("identifiers, times, hashes and words are no secrets", async () => {
  const plain = {
    id: "6f1c1d5e-0b1e-4b0e-9a57-0d1f5f7f2b11",
    expires: "2026-11-28T18:30:07Z",
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    path: "projects/backstage/branches/production/endpoints/primary",
    text: "the quick brown fox jumps over the lazy dog and goes home",
  };
  const { from, file } = await opened(() => plain);
  const recorder = await recordTape(file, { from, secrets: [key] });
  await ask(recorder, "/");
  await expect(recorder.finish()).resolves.toBeUndefined();
  await recorder.close();
});
