import { expect, test } from "vitest";
import { folderWith, rotate } from "./support.ts";

const spec = `version: 1
name: needs
providers:
  local: { type: jwt, issuer: https://issuer.example, key: { path: issuer-key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, ttl: 1h }
    sinks: [{ type: file, path: token, values: { content: "{{ token }}" } }]
`;

test("needs-rotation says why in one line, and nothing with -q", async () => {
  const cwd = folderWith({ "rotate.yaml": spec });
  expect(await rotate(["needs-rotation", "app"], { cwd })).toMatchObject({
    code: 0,
    stdout: "due: it was never rotated\n",
  });
  expect(await rotate(["run", "-q"], { cwd })).toMatchObject({ code: 0 });
  const { code, stdout } = await rotate(["needs-rotation", "app"], { cwd });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^not due: (59m|1h) left of 1h, refresh in \d+m\n$/);
  expect(await rotate(["needs-rotation", "app", "-q"], { cwd })).toMatchObject({ code: 1, stdout: "" });
  const wrong = await rotate(["needs-rotation", "ap"], { cwd });
  expect(wrong).toMatchObject({ code: 255, stdout: "" });
  expect(wrong.stderr).toContain("did you mean app?");
});
