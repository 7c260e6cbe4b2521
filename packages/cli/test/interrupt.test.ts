import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, resultOf, rotate, said, start } from "./support.ts";

/** A rotation whose reload takes a while. */
const spec = `version: 1
providers:
  local: { type: jwt, issuer: https://issuer.example, key: { path: key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, ttl: 15m }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - { type: exec, command: [sleep, "60"] }
`;

test("a second Ctrl-C stops at once, what was written stays whole, and the next run finds the reload owed", async () => {
  const cwd = folderWith({ "rotate.yaml": spec });
  const child = start(["run"], { cwd });
  const result = resultOf(child);
  await said(child, "wrote the sinks");
  child.kill("SIGINT");
  await said(child, "once more stops at once");
  child.kill("SIGINT");
  expect((await result).code).toBe(130);
  expect(readFileSync(join(cwd, ".env"), "utf8")).toMatch(/^TOKEN=ey[\w.-]+\n$/);
  const { rotations } = JSON.parse((await rotate(["status", "--json"], { cwd })).stdout) as {
    readonly rotations: readonly { readonly state: string }[];
  };
  expect(["due", "reload-owed"]).toContain(rotations[0]?.state);
});
