import { expect, test } from "vitest";
import { folderWith, rotate } from "./support.ts";

const broken = `version: 1
providers:
  local: { type: jwtt, key: { path: ./key.pem } }
rotations:
  app:
    provider: locl
    sinks: []
`;

test("every fault of a spec is told at once, at its place, and nothing is done", async () => {
  const cwd = folderWith({ "rotate.yaml": broken });
  const { code, stdout, stderr } = await rotate(["run"], { cwd });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("rotate.yaml:3:18");
  expect(stderr).toContain('did you mean "jwt"?');
  expect(stderr).toContain("see  rotate explain ROTATE_SPEC_INVALID");
});

test("validate gives the same as data", async () => {
  const cwd = folderWith({ "rotate.yaml": broken });
  const { code, stdout } = await rotate(["validate", "--json"], { cwd });
  const { error } = JSON.parse(stdout) as { error: { code: string; diagnostics: { line: number; path: string }[] } };
  expect(code).toBe(2);
  expect(error.code).toBe("ROTATE_SPEC_INVALID");
  expect(error.diagnostics).toContainEqual(expect.objectContaining({ line: 3, path: "providers.local.type" }));
});

test("a missing spec says how to name one", async () => {
  const { code, stderr } = await rotate(["status"], { cwd: folderWith() });
  expect(code).toBe(2);
  expect(stderr).toContain("no such file");
  expect(stderr).toContain("-f FILE");
});

test("needs-rotation ends with 255 when it cannot tell", async () => {
  const cwd = folderWith({ "rotate.yaml": broken });
  expect((await rotate(["needs-rotation", "app"], { cwd })).code).toBe(255);
  expect((await rotate(["needs-rotation"], { cwd })).code).toBe(255);
});

test("validate reads a spec from standard input", async () => {
  const { code, stderr } = await rotate(["validate", "-f", "-"], { cwd: folderWith(), stdin: "version: 2\n" });
  expect(code).toBe(2);
  expect(stderr).toContain("-:1:");
});
