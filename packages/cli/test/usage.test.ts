import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { entry, folderWith, resultOf, rotate } from "./support.ts";

test("help names every command with one line", async () => {
  const { code, stdout } = await rotate(["--help"], { cwd: folderWith() });
  expect(code).toBe(0);
  for (const name of ["run", "watch", "validate", "plan", "status", "history", "needs-rotation", "explain"]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, "m"));
  }
});

test.each(["run", "watch", "validate", "plan", "status", "history", "needs-rotation", "explain"])(
  "help of %s has a usage, examples and exit codes or states",
  async (name) => {
    const { code, stdout } = await rotate([name, "--help"], { cwd: folderWith() });
    expect(code).toBe(0);
    expect(stdout).toContain(`$ rotate ${name}`);
    expect(stdout).toContain("EXAMPLES");
    expect(stdout).not.toContain("<%=");
  },
);

test("an unknown command says which one was probably meant", async () => {
  const { code, stderr, stdout } = await rotate(["statsu"], { cwd: folderWith() });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain('there is no command "statsu"');
  expect(stderr).toContain('did you mean "status"?');
});

test("a secret in an unknown flag or argument is not echoed, also as JSON", async () => {
  const cwd = folderWith();
  const results = await Promise.all([
    rotate(["run", "--token=s3cr3t-value"], { cwd }),
    rotate(["run", "--json", "--token=s3cr3t-value"], { cwd }),
    rotate(["needs-rotation", "one", "s3cr3t-value"], { cwd }),
  ]);
  for (const { code, stdout, stderr } of results) {
    expect([2, 255]).toContain(code);
    expect(stdout + stderr).not.toContain("s3cr3t-value");
  }
  expect(JSON.parse(results[1].stdout)).toEqual({
    version: 1,
    error: {
      code: "ROTATE_USAGE",
      message: "unknown flag --token",
      hint: "add --help to see what this command takes",
      exit: 2,
      docs: "docs/errors.md#rotate_usage",
    },
  });
});

test("an error says how to read more about it, and that command does", async () => {
  const cwd = folderWith();
  const { stderr } = await rotate(["status"], { cwd });
  const [, code = ""] = /^ {2}see {2}rotate explain (\S+)$/m.exec(stderr) ?? [];
  expect(await rotate(["explain", code], { cwd })).toMatchObject({ code: 0, stdout: expect.stringMatching(/spec/) });
  const asJson = await rotate(["explain", "rotate_mint_denied", "--json"], { cwd });
  expect(JSON.parse(asJson.stdout)).toEqual({
    version: 1,
    code: "ROTATE_MINT_DENIED",
    text: expect.stringContaining("names the permission"),
  });
  expect(await rotate(["explain", "ROTATE_NONSENSE"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("known: denied, "),
  });
});

test("a directory that was removed under us is told as such", async () => {
  const cwd = folderWith();
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" status';
  const child = spawn("bash", ["-c", script, process.execPath, entry], { cwd });
  const { code, stderr } = await resultOf(child);
  expect(code).toBe(2);
  expect(stderr).toContain("error  the directory that this was started in is not there any more\n  do   change to one");
});

test("a duration that is none is refused with how to write it", async () => {
  const { code, stderr } = await rotate(["run", "--timeout", "5 minutes"], { cwd: folderWith() });
  expect(code).toBe(2);
  expect(stderr).toContain("--timeout 5 minutes is not a duration");
  expect(stderr).toContain("90s, 5m or 1h30m");
});

test("a reader that leaves early, as head does, is no error", async () => {
  const child = spawn("bash", ["-c", 'set -o pipefail; "$0" "$1" --help | head -n 1', process.execPath, entry]);
  const { code, stderr } = await resultOf(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("NO_COLOR and pipes get plain text", async () => {
  const { stderr } = await rotate(["statsu"], { cwd: folderWith() });
  expect(stderr).not.toContain("\u001b[");
});
