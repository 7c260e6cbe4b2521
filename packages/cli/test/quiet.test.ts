import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compiled } from "../../../test/support/compiled.ts";
import { entry, folderWith, rotate } from "./support.ts";

const page = join(import.meta.dirname, "../../../docs/guide/running-it.md");

/** The command of the documented crontab, for a folder. */
function cronCommand(folder: string): string {
  const [, command = ""] = /^\*\/5 \* \* \* \* (.*)$/m.exec(readFileSync(page, "utf8")) ?? [];
  return command.replace("/srv/app", folder).replace("/usr/bin/rotate", `'${process.execPath}' '${entry}'`);
}

/** As cron runs it: what it prints is mailed. */
function cron(cwd: string): Promise<{ readonly mail: string; readonly code: number }> {
  const env = { PATH: process.env["PATH"], HOME: cwd, NODE_COMPILE_CACHE: compiled };
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", cronCommand(cwd)], { cwd: "/", env }, (error, stdout, stderr) =>
      resolve({ mail: stdout + stderr, code: error === null ? 0 : Number(error.code) }),
    );
  });
}

/** The value needs quotes, and every run rotates. */
function specOf(command: string): string {
  return `version: 1
stateDir: state
providers:
  issuer: { type: exec, command: [sh, -c, '${command}'] }
rotations:
  app:
    provider: issuer
    request: { format: token, expiresIn: 1h }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
`;
}

test("the documented cron line mails nothing while all is well, whatever the value is, and what is wrong otherwise", async () => {
  const cwd = folderWith({ "rotate.yaml": specOf('printf "a#b$$"') });
  expect(await cron(cwd)).toEqual({ mail: "", code: 0 });
  expect(readFileSync(join(cwd, ".env"), "utf8")).toContain("a#b");
  expect(await cron(cwd)).toEqual({ mail: "", code: 0 });
  writeFileSync(join(cwd, "rotate.yaml"), specOf("nothing-to-find-here").replace("app:", "other:"));
  const { mail, code } = await cron(cwd);
  expect(code).toBe(1);
  expect(mail).toContain("app is not in the spec any more");
  expect(mail).toMatch(/^other: \w+ at issuer$/m);
});

test("a value that needs quotes is warned of when it is first written, and not at each rotation", async () => {
  const cwd = folderWith({ "rotate.yaml": specOf('printf "a#b$$"') });
  expect((await rotate(["run"], { cwd })).stderr).toContain("written in quotes");
  const again = await rotate(["run", "--force"], { cwd });
  expect(again.stdout).toContain("1 rotated");
  expect(again.stderr).not.toContain("written in quotes");
});

test("a name that there is not is answered with a few of those that there are", async () => {
  const rotations = Array.from({ length: 30 }, (_, index) =>
    specOf("true").split("rotations:\n")[1]?.replace("app:", `db-${index}:`).replace(".env", `${index}.env`),
  );
  const cwd = folderWith({ "rotate.yaml": `${specOf("true").split("  app:")[0]}${rotations.join("")}` });
  const { code, stderr } = await rotate(["run", "nothing"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("the spec has db-0, db-1, db-2, db-3, db-4 and 25 more");
  expect(stderr).not.toContain("db-20");
});

test("a credential with less life than was asked for is told of, and refused with --strict", async () => {
  const cwd = folderWith({ "rotate.yaml": specOf('printf "a#b$$"').replace("1h", "8m") });
  const asked = ["credential", "app", "--format", "token", "--min-remaining", "50m"];
  const { code, stdout, stderr } = await rotate(asked, { cwd });
  expect([code, stdout.slice(0, 3)]).toEqual([0, "a#b"]);
  expect(stderr).toMatch(/warn {2}app: 7m left, 50m asked for/);
  const strict = await rotate([...asked, "--strict"], { cwd });
  expect([strict.code, strict.stdout]).toEqual([1, ""]);
  expect(strict.stderr).toContain("app: 7m left, 50m asked for");
});
