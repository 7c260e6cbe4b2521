import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, resultOf, rotate, said, start } from "./support.ts";

/** A rotation whose reload takes a while. */
const spec = `version: 1
name: interrupt
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

test.skipIf(!existsSync("/proc/self/cmdline"))(
  "a reload that outlives a killed run is ended by the next one before anything else",
  async () => {
    const cwd = folderWith({
      "rotate.yaml": spec.replace(
        '[sleep, "60"]',
        () => `[sh, -c, "test -e reload.pid || { echo $$ > reload.pid; exec sleep 600; }"], cwd: .`,
      ),
    });
    const child = start(["run"], { cwd });
    const result = resultOf(child);
    await waitForFile(join(cwd, "reload.pid"));
    await waitForFile(join(cwd, "state/interrupt/helpers/app.json"));
    child.kill("SIGKILL");
    await result;
    const pid = Number(readFileSync(join(cwd, "reload.pid"), "utf8"));
    expect(works(pid)).toBe(true);
    const { code, stderr } = await rotate(["run", "--force"], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain("ended a command that an earlier run left behind");
    expect(works(pid)).toBe(false);
  },
);

/** A dead process that nobody has collected yet has no command line. */
function works(pid: number): boolean {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path).length > 0;
}

/** The file with something in it: the event loop turns until it is there. */
function waitForFile(path: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void =>
      void (existsSync(path) && readFileSync(path, "utf8") !== "" ? resolve() : setImmediate(look));
    look();
  });
}
