import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { execReload } from "../src/exec-reload.ts";
import { contextFor, event, freshDirectory, script } from "./support/call.ts";

function run(options: object) {
  return execReload.run(event, contextFor(execReload, options));
}
function check(options: object, env: Record<string, string> = { PATH: "/usr/bin:/bin" }) {
  return execReload.check?.(contextFor(execReload, options, { env }));
}

describe("a reload by command", () => {
  test("tells the command what was rotated, without any secret", async () => {
    const directory = await freshDirectory();
    await run({ command: ["/bin/sh", "-c", "env | grep ^ROTATE_ | sort > seen"], cwd: directory });
    const seen = await readFile(join(directory, "seen"), "utf8");
    expect(seen).toContain("ROTATE_ROTATION=backstage-db\n");
    expect(seen).toContain("ROTATE_REASON=rotated\n");
    expect(seen).toContain("ROTATE_FINGERPRINT=fp-1234\n");
    expect(seen).toContain("ROTATE_EXPIRES_AT=2030-01-31T12:00:00.000Z\n");
    expect(seen).toContain("ROTATE_WRITTEN=/srv/app/.env\n");
    const json = /^ROTATE_EVENT=(.*)$/m.exec(seen)?.[1] ?? "";
    expect(JSON.parse(json)).toMatchObject({ rotation: "backstage-db", written: [{ keys: ["DATABASE_URL"] }, {}] });
  });

  test("hands every argument over as it is written, spaces, quotes and commas included", async () => {
    const directory = await freshDirectory();
    const odd = `it's "a,b" $HOME *`;
    await run({ command: ["/bin/sh", "-c", 'printf %s "$1" > seen', "sh", odd], cwd: directory });
    expect(await readFile(join(directory, "seen"), "utf8")).toBe(odd);
  });

  test("adds variables, secret ones from their references", async () => {
    const directory = await freshDirectory();
    const command = ["/bin/sh", "-c", 'printf %s "$PLAIN $TOKEN" > seen'];
    await run({ command, cwd: directory, env: { PLAIN: "p" }, secretEnv: { TOKEN: secretRef("t0ken-t0ken") } });
    expect(await readFile(join(directory, "seen"), "utf8")).toBe("p t0ken-t0ken");
  });

  test("fails with the last lines of what the command said", async () => {
    await expect(
      run({ command: ["/bin/sh", "-c", "echo starting; echo no such service >&2; exit 3"] }),
    ).rejects.toMatchObject({
      code: "FAILED",
      retryable: false,
      message: "/bin/sh failed (exit 3): no such service",
    });
    await expect(run({ command: ["/bin/sh", "-c", "echo only here; exit 1"] })).rejects.toThrow("only here");
  });

  test("lets a command say as much as it likes, and shows the end of it", async () => {
    const flood = "head -c 3000000 /dev/zero | tr '\\0' x; echo";
    await expect(run({ command: ["/bin/sh", "-c", `${flood}; (${flood}) >&2`] })).resolves.toBeUndefined();
    const failing = run({ command: ["/bin/sh", "-c", `${flood}; echo at the end; exit 1`] });
    await expect(failing).rejects.toThrow(/at the end$/);
  });

  test("is tried again when the command exits 75", async () => {
    await expect(run({ command: ["/bin/sh", "-c", "exit 75"] })).rejects.toMatchObject({ retryable: true });
  });

  test("ends a command that hangs, with all it started", async () => {
    const ctx = contextFor(execReload, { command: ["/bin/sh", "-c", "sleep 60 & wait"] }, { timeout: 200 });
    await expect(execReload.run(event, ctx)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("counts as adopted unless the spec says otherwise", () => {
    expect(execReload.adopts({ command: ["true"], adopts: true })).toBe(true);
    expect(execReload.adopts({ command: ["true"], adopts: false })).toBe(false);
  });
});

describe("the check of a reload by command", () => {
  test("passes for a command on the PATH, and for a path relative to cwd", async () => {
    const directory = await freshDirectory();
    await script(directory, "reload.sh", ["exit 0"]);
    await expect(check({ command: ["true"] })).resolves.toBeUndefined();
    await expect(check({ command: ["./reload.sh"], cwd: directory })).resolves.toBeUndefined();
  });

  test("finds a command that does not exist before anything is minted", async () => {
    await expect(check({ command: ["no-such-command-here"] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(check({ command: ["/no/such/command"] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(check({ command: ["true"], cwd: "/no/such/directory" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("finds a command that may not be executed", async () => {
    const directory = await freshDirectory();
    const path = await script(directory, "reload.sh", ["exit 0"]);
    await chmod(path, 0o644);
    await expect(check({ command: [path] })).rejects.toMatchObject({ code: "INVALID" });
    await writeFile(join(directory, "plain"), "");
    await expect(check({ command: ["plain"] }, { PATH: directory })).rejects.toMatchObject({ code: "INVALID" });
  });
});
