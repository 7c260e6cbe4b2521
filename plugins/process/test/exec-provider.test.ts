import { join } from "node:path";
import { isSecret } from "@rotate/plugin-kit";
import { envRef, fileRef, secretRef, withDefaults } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { execProvider } from "../src/exec-provider.ts";
import { contextFor, freshDirectory, script } from "./support/call.ts";

const asked = (request: object): unknown => withDefaults(execProvider.request ?? { type: "object" }, request);

/** Mints with a command that prints `output`. */
function mint(request: object, output: unknown, options: object = {}) {
  const text = typeof output === "string" ? output : JSON.stringify(output);
  const ctx = contextFor(execProvider, {
    command: ["/bin/sh", "-c", 'printf %s "$OUT"', "sh"],
    env: { OUT: text },
    ...options,
  });
  return execProvider.mint(asked(request), ctx);
}
function plain(fields: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecret(value) ? `secret:${value.reveal()}` : value]),
  );
}
function declared(request: object) {
  return typeof execProvider.fields === "function" ? execProvider.fields(asked(request)) : execProvider.fields;
}
function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
function jwt(claims: object): string {
  return `${part({ alg: "none" })}.${part(claims)}.c2ln`;
}

describe("a bare token", () => {
  test("is taken without its line end, for the life that the spec gives", async () => {
    const minted = await mint({ format: "token", expiresIn: 900_000 }, "abc.def\n");
    expect(plain(minted.fields)).toEqual({ token: "secret:abc.def" });
    expect(minted.expires).toEqual({ in: 900_000 });
  });

  test("expires with the JWT that it is", async () => {
    const { expires } = await mint({ format: "token", expiresIn: 900_000 }, jwt({ exp: 1_900_000_000 }));
    expect(expires).toEqual(new Date(1_900_000_000_000));
  });

  test("is refused when nobody says how long it lives, unless it never ends", async () => {
    await expect(mint({ format: "token" }, "abcdef")).rejects.toMatchObject({
      code: "BAD_ANSWER",
      hint: expect.stringContaining("expiresIn"),
    });
    expect((await mint({ format: "token", neverExpires: true }, "abcdef")).expires).toBe("never");
  });

  test.each(["", "\n", "two words", "two\nlines\n", "<html>\n</html>"])(
    "is refused when the output is %j",
    async (output) => {
      await expect(mint({ format: "token", expiresIn: 1000 }, output)).rejects.toMatchObject({ code: "BAD_ANSWER" });
    },
  );
});

describe("json", () => {
  const fields = { username: { pointer: "/user/name", secret: false }, password: {}, note: { optional: true } };

  test("is read by pointers, each field as secret as the request says", async () => {
    const minted = await mint(
      { fields, expires: { pointer: "/exp", unit: "unix-seconds" } },
      { user: { name: "svc" }, password: 12345, exp: "1900000000" },
    );
    expect(plain(minted.fields)).toEqual({ username: "svc", password: "secret:12345" });
    expect(minted.expires).toEqual(new Date(1_900_000_000_000));
  });

  test("declares exactly the fields that the request names", () => {
    expect(declared({ fields })).toMatchObject({
      username: { secret: false, description: "/user/name of the output." },
      password: { secret: true },
      note: { secret: true, optional: true },
    });
    expect(declared({})).toEqual({});
  });

  test.each([
    ["timestamp", "2030-01-31T12:00:00+01:00", new Date("2030-01-31T11:00:00Z")],
    ["unix-milliseconds", 1_900_000_000_000, new Date(1_900_000_000_000)],
    ["seconds", 3600, { in: 3_600_000 }],
    ["milliseconds", "3600000", { in: 3_600_000 }],
  ])("takes an expiry in %s", async (unit, value, expected) => {
    const minted = await mint(
      { fields: { password: {} }, expires: { pointer: "/e", unit } },
      { password: "p4ssword", e: value },
    );
    expect(minted.expires).toEqual(expected);
  });

  test("takes the earlier of the output's expiry and a JWT's", async () => {
    const output = { password: jwt({ exp: 1_900_000_000 }), e: 1_950_000_000 };
    const minted = await mint({ fields: { password: {} }, expires: { pointer: "/e", unit: "unix-seconds" } }, output);
    expect(minted.expires).toEqual(new Date(1_900_000_000_000));
  });

  test.each(["seconds", "milliseconds", "unix-seconds", "unix-milliseconds"])(
    "is told that its end is too far, and what to write, when %s are larger than any calendar",
    async (unit) => {
      const request = { fields: { password: {} }, expires: { pointer: "/e", unit } };
      await expect(mint(request, '{"password": "p4ssword", "e": 1e300}')).rejects.toMatchObject({
        code: "BAD_ANSWER",
        message: expect.stringContaining("so large that no calendar reaches to it"),
        hint: expect.stringContaining("neverExpires"),
      });
      await expect(mint(request, { password: "p4ssword", e: "soon" })).rejects.toMatchObject({
        message: expect.stringContaining("is not a number"),
      });
    },
  );

  test.each([
    ["nothing", ""],
    ["HTML", "<html>s3cret-value</html>"],
    ["an array", "[]"],
    ["half an answer", '{"password": "s3cret-val'],
    ["a missing field", { other: "s3cret-value" }],
    ["an empty field", { password: "" }],
    ["an object as a field", { password: { a: "s3cret-value" } }],
    ["no expiry", { password: "s3cret-value" }],
    ["another time than RFC 3339", { password: "s3cret-value", e: "tomorrow" }],
  ])("is refused for %s, and the message quotes nothing of it", async (_what, output) => {
    const error: unknown = await mint({ fields: { password: {} }, expires: { pointer: "/e" } }, output).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "BAD_ANSWER", retryable: false });
    expect(String(error)).not.toContain("s3cret");
  });

  test("never reads a field from the prototype", async () => {
    await expect(
      mint({ fields: { constructor: { pointer: "/constructor/name" } }, expiresIn: 1000 }, {}),
    ).rejects.toMatchObject({ code: "BAD_ANSWER" });
  });
});

describe("rotate's own form", () => {
  const request = { format: "rotate", fields: { token: {} } };

  test.each([
    ["2030-01-31T12:00:00Z", new Date("2030-01-31T12:00:00Z")],
    [{ in: 60_000 }, { in: 60_000 }],
    ["never", "never"],
  ])("expires as %j says", async (expires, expected) => {
    const minted = await mint(request, { fields: { token: "abcdef", more: "x" }, expires });
    expect(plain(minted.fields)).toEqual({ token: "secret:abcdef" });
    expect(minted.expires).toEqual(expected);
  });

  test.each([{ in: -1 }, 3600, {}, "soon"])("is refused when it expires %j", async (expires) => {
    await expect(mint(request, { fields: { token: "abcdef" }, expires })).rejects.toMatchObject({ code: "BAD_ANSWER" });
  });
});

describe("the forms of others", () => {
  test("AWS credential_process", async () => {
    const output = {
      Version: 1,
      AccessKeyId: "ASIA1",
      SecretAccessKey: "s3cret",
      SessionToken: "t0ken",
      Expiration: "2030-01-31T12:00:00Z",
    };
    const minted = await mint({ format: "aws-credential-process" }, output);
    expect(plain(minted.fields)).toEqual({
      accessKeyId: "ASIA1",
      secretAccessKey: "secret:s3cret",
      sessionToken: "secret:t0ken",
    });
    expect(minted.expires).toEqual(new Date("2030-01-31T12:00:00Z"));
    await expect(mint({ format: "aws-credential-process" }, { ...output, Version: 2 })).rejects.toMatchObject({
      code: "BAD_ANSWER",
    });
  });

  test("Kubernetes ExecCredential, told what it expects in KUBERNETES_EXEC_INFO", async () => {
    const answer =
      '{"apiVersion": "%s", "kind": "ExecCredential", "status": {"token": "t0ken", "expirationTimestamp": "2030-01-31T12:00:00Z"}}';
    const version = `$(printf %s "$KUBERNETES_EXEC_INFO" | sed 's/.*"apiVersion":"\\([^"]*\\)".*/\\1/')`;
    const command = ["/bin/sh", "-c", `printf '${answer}' "${version}"`];
    const minted = await mint({ format: "exec-credential" }, "", { command });
    expect(plain(minted.fields)).toEqual({ token: "secret:t0ken" });
    expect(minted.expires).toEqual(new Date("2030-01-31T12:00:00Z"));
  });

  test("an ExecCredential of another version, or with half a key pair, is refused", async () => {
    const apiVersion = "client.authentication.k8s.io/v1";
    const status = { clientKeyData: "key" };
    await expect(mint({ format: "exec-credential" }, { apiVersion, kind: "ExecCredential", status })).rejects.toThrow(
      "half",
    );
    const old = { apiVersion: `${apiVersion}beta1`, kind: "ExecCredential", status: { token: "t" } };
    await expect(mint({ format: "exec-credential" }, old)).rejects.toThrow("is not of client.authentication.k8s.io/v1");
  });

  test("a Docker credential helper, asked for one registry on its standard input", async () => {
    const helper = await script(await freshDirectory(), "docker-credential-test", [
      '[ "$1" = get ] && read -r server || true',
      '[ "$server" = https://known.example ] || { echo "credentials not found in native keychain"; exit 1; }',
      'echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"AWS\\",\\"Secret\\":\\"s3cret\\"}"',
    ]);
    const ask = (server: string) =>
      mint({ format: "docker-credential-helper", server, expiresIn: 43_200_000 }, "", { command: [helper] });
    expect(plain((await ask("https://known.example")).fields)).toEqual({ username: "AWS", password: "secret:s3cret" });
    await expect(ask("https://other.example")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(mint({ format: "docker-credential-helper" }, "")).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("the command", () => {
  test("gets the request's arguments, its lease id and the life asked for", async () => {
    const command = [
      "/bin/sh",
      "-c",
      'printf \'{"seen": "%s %s %s"}\' "$1" "$ROTATE_LEASE_ID" "$ROTATE_TTL_SECONDS"',
      "sh",
    ];
    const request = { args: ["--role=app"], fields: { seen: { secret: false } }, ttl: 90_000, expiresIn: 90_000 };
    const { fields } = await mint(request, "", { command });
    expect(fields).toEqual({ seen: "--role=app rotate-test-000000000001 90" });
  });

  test("gets secrets by standard input and environment only", async () => {
    const command = ["/bin/sh", "-c", 'printf \'{"seen": "%s %s"}\' "$(cat)" "$KEY"'];
    const options = { command, stdin: secretRef("in-s3cret"), secretEnv: { KEY: secretRef("env-s3cret") } };
    const { fields } = await mint({ fields: { seen: {} }, expiresIn: 1000 }, "", options);
    expect(plain(fields)).toEqual({ seen: "secret:in-s3cret env-s3cret" });
  });

  test("that fails is told by its stderr, never by its stdout", async () => {
    const command = ["/bin/sh", "-c", "echo s3cret-value; echo not logged in >&2; exit 1"];
    const error: unknown = await mint({}, "", { command }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "FAILED",
      retryable: false,
      message: "/bin/sh failed (exit 1): not logged in",
    });
  });

  test("that exits 75 is tried again, and one that hangs is ended", async () => {
    await expect(mint({}, "", { command: ["/bin/sh", "-c", "exit 75"] })).rejects.toMatchObject({
      code: "FAILED",
      retryable: true,
    });
    await expect(mint({}, "", { command: ["sleep", "60"], timeout: 100 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("that is killed may have minted before", async () => {
    const killed = mint({}, "", { command: ["/bin/sh", "-c", "kill -9 $$"] });
    await expect(killed).rejects.toMatchObject({ code: "FAILED", retryable: true, noEffect: false });
  });

  test("that prints more than a credential can be is ended", async () => {
    await expect(mint({}, "", { command: ["head", "-c", "2000000", "/dev/zero"] })).rejects.toMatchObject({
      code: "BAD_ANSWER",
    });
  });

  test("that does not exist is found before a mint", async () => {
    const ctx = contextFor(execProvider, { command: [join(await freshDirectory(), "none")] });
    await expect(execProvider.check?.(ctx)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

/** What `plan` and the preflight do, with a command that must not run. */
async function check(options: object, request: object = { format: "token" }): Promise<void> {
  const ctx = contextFor(execProvider, { command: ["/bin/sh", "-c", "echo minted >&2; exit 1"], ...options });
  await execProvider.check?.(ctx, asked(request));
}

describe("before a mint", () => {
  test.each([
    ["a secret variable that is not set", { secretEnv: { KEY: envRef("NOT_SET") } }],
    ["a file for its standard input that is not there", { stdin: fileRef("/nowhere/at/all") }],
  ])("%s is found, and the command is not run", async (_name, options) => {
    await expect(check(options)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.each([
    ["a registry that is not given", {}, { format: "docker-credential-helper" }, "no registry is given"],
    [
      "an input that the format needs itself",
      { stdin: secretRef("text") },
      { format: "docker-credential-helper", server: "https://r.example" },
      "needs the standard input",
    ],
    ["a request that names no field", {}, { format: "json" }, "no field is read"],
  ])("%s is found", async (_name, options, request, said) => {
    await expect(check(options, request)).rejects.toMatchObject({
      code: "INVALID",
      message: expect.stringContaining(said),
    });
  });

  test("all is well: the command is not run for that", async () => {
    await expect(check({})).resolves.toBeUndefined();
  });
});
