import { openSync, readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entry, folderWith, resultOf, rotate } from "./support.ts";

const spec = `version: 1
providers: { own: { type: jwt, issuer: "https://issuer.example", key: { path: key.pem } } }
rotations:
  app:
    provider: own
    request: { subject: app, ttl: 1h }
    sinks: [{ type: github-actions, values: { APP_TOKEN: "{{ token }}" } }]
`;

function stepFolder() {
  const cwd = folderWith({ "rotate.yaml": spec, set_env: "" });
  return { cwd, file: join(cwd, "set_env"), env: { GITHUB_ACTIONS: "true", GITHUB_ENV: join(cwd, "set_env") } };
}

test("in a job, the runner hears the mask on standard error, and the report on standard output stays a report", async () => {
  const { cwd, env, file } = stepFolder();
  const { code, stdout, stderr } = await rotate(["run", "--json"], { cwd, env });
  const [, token = ""] = /^APP_TOKEN<<rotate_[0-9a-f-]{36}\n(.+)\nrotate_/.exec(readFileSync(file, "utf8")) ?? [];
  expect(code).toBe(0);
  expect(token).toMatch(/^ey/);
  expect(stderr.split("\n")).toContain(`::add-mask::${token}`);
  expect(stderr.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(token);
  expect(stdout).not.toContain(token);
  expect(JSON.parse(stdout)).toMatchObject({ rotations: [{ outcome: "rotated" }] });
});

test("where standard error goes to a file, no secret goes there, and nothing is minted", async () => {
  const { cwd, env, file } = stepFolder();
  const log = join(cwd, "log");
  const own = { PATH: process.env["PATH"], HOME: cwd, ROTATE_STATE_DIR: join(cwd, "state"), ...env };
  const child = spawn(process.execPath, [entry, "run"], {
    cwd,
    env: own,
    stdio: ["ignore", "pipe", openSync(log, "w")],
  });
  const { code, stdout } = await resultOf(child);
  expect(code).not.toBe(0);
  expect(stdout).toContain("the runner does not read what we print");
  expect(readFileSync(log, "utf8")).not.toContain("::add-mask::");
  expect(readFileSync(file, "utf8")).toBe("");
});

test("outside of a job nothing is minted for one", async () => {
  const { cwd } = stepFolder();
  const { code, stdout } = await rotate(["run"], { cwd });
  expect(code).not.toBe(0);
  expect(stdout).toContain("no step of a GitHub Actions job");
});
