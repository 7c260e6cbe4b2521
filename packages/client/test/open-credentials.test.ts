import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtins } from "@rotate/builtins";
import { createCatalog } from "@rotate/core";
import { openTestEndpoint } from "@rotate/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { openCredentials, type Credential, type CredentialsOptions } from "../src/index.ts";

const endpoint = await createCatalog(builtins).find("endpoints", "http");
const one = { fields: { username: "app", password: "first-secret-1" } };
const two = { fields: { username: "app", password: "second-secret-2" } };

/** A running watch as its consumers see it: the real endpoint, at a place where it can come and go. */
async function startWatch(given: typeof one | null = one, life = 3_600_000) {
  const directory = mkdtempSync(join(tmpdir(), "rotate-client-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const socket = join(directory, "s");
  let refused = 0;
  const start = () =>
    openTestEndpoint(endpoint!, {
      socket,
      ...(given && { given: { ...given, life } }),
      onRefused: () => {
        refused++;
        return two;
      },
    });
  let watch = await start();
  onTestFinished(() => watch.close(AbortSignal.abort()));
  return {
    socket,
    give: (next: typeof one | undefined) => watch.give(next),
    refused: () => refused,
    stop: () => watch.close(AbortSignal.abort()),
    restart: async () => (watch = await start()),
  };
}

/** A clock that the test turns. */
function around() {
  let time = 0;
  return {
    pass: (milliseconds: number) => void (time += milliseconds),
    surroundings: {
      monotonic: () => time,
      random: () => 0,
      rest: () => new Promise<void>((resolve) => setImmediate(resolve)),
    },
  };
}

function open(options: Omit<CredentialsOptions, "name">, surroundings = around().surroundings) {
  const credentials = openCredentials({ name: "app", ...options }, surroundings);
  onTestFinished(credentials.close);
  return credentials;
}

test("gives a driver the password, by one question for all connections of a pool", async () => {
  const watch = await startWatch();
  const { password, current } = open(watch);
  const asked = await Promise.all(Array.from({ length: 8 }, () => password()));
  expect(new Set(asked)).toEqual(new Set(["first-secret-1"]));
  await watch.stop(); // whoever asks again would find nobody
  expect(await password()).toBe("first-secret-1");
  expect(await current()).toMatchObject({ fields: one.fields, fingerprint: "print-of-lease-1" });
});

test("a change is there as soon as it is published, and is told", async () => {
  const watch = await startWatch();
  const { password, on } = open(watch);
  const changes = vi.fn<(credential: Credential) => void>();
  on("change", changes);
  expect(await password()).toBe("first-secret-1");
  watch.give(two);
  await expect.poll(password).toBe("second-secret-2");
  expect(changes).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      fields: two.fields,
      previous: expect.objectContaining({ fields: one.fields }) as object,
    }),
  );
});

test("while the watch is gone what lives is given, and when it is back the next one is found", async () => {
  const watch = await startWatch();
  const clock = around();
  const { password } = open(watch, clock.surroundings);
  await password();
  await watch.stop();
  clock.pass(3_590_000); // less than a minute is left: it asks, and nobody answers
  expect(await password()).toBe("first-secret-1");
  clock.pass(11_000);
  await expect(password()).rejects.toMatchObject({
    name: "CredentialsUnavailable",
    code: "ROTATE_UNAVAILABLE",
    message: expect.stringContaining(watch.socket),
  });
  await watch.restart();
  expect(await password()).toBe("first-secret-1");
});

test("one that a server refused is replaced once, and is not given any more meanwhile", async () => {
  const watch = await startWatch();
  const { current } = open(watch);
  const first = await current();
  const next = await Promise.all([current(first), current(first), current(first.fingerprint)]);
  expect(next.map(({ fields }) => fields["password"])).toEqual(Array(3).fill("second-secret-2"));
  expect(watch.refused()).toBe(1);
  await watch.stop();
  expect((await current(first)).fields).toEqual(two.fields);
  await expect(current(next[0])).rejects.toMatchObject({ code: "ROTATE_UNAVAILABLE" });
});

test("says what the watch says when there is none, without any secret", async () => {
  const watch = await startWatch(null);
  const error = await open(watch)
    .password()
    .catch((thrown: Error) => thrown.message);
  expect(error).toBe(`app: there is no credential of app (${watch.socket})`);
  expect(
    await open({ socket: watch.socket, field: "token" })
      .current()
      .catch(() => "none"),
  ).toBe("none");
});

test("which field is the password is told, where it is not clear", async () => {
  const watch = await startWatch();
  await expect(open({ socket: watch.socket, field: "pin" }).password()).rejects.toThrow(
    "app has the fields username, password: say which `field` is the password",
  );
  expect(await open({ socket: watch.socket, field: "username" }).password()).toBe("app");
});

test("without a place to ask it says so at once", () => {
  vi.stubEnv("ROTATE_SOCKET", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(() => openCredentials({ name: "app" })).toThrow("say where rotate answers");
});

test("an engine of this process gives the same, and is asked again when what it gave nears its end", async () => {
  const clock = around();
  let count = 0;
  const engine = {
    credential: async (name: string) => ({
      fields: { token: `${name}-token-${++count}` },
      issuedAt: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
    }),
  };
  const { password } = open({ engine }, clock.surroundings);
  expect([await password(), await password()]).toEqual(["app-token-1", "app-token-1"]);
  clock.pass(550_000);
  expect(await password()).toBe("app-token-2");
});

test("does not keep a program alive", async () => {
  const watch = await startWatch();
  const script = `import { openCredentials } from ${JSON.stringify(join(import.meta.dirname, "../src/index.ts"))};
    const credentials = openCredentials({ name: "app", socket: ${JSON.stringify(watch.socket)} });
    credentials.on("change", () => undefined);
    console.log(await credentials.password());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 20_000,
  });
  expect(stdout.trim()).toBe("first-secret-1");
});
