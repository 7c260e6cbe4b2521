/** A newcomer who writes TypeScript, with nothing but the packages: made, typed, tested in process and over the wire, added, used, refused when anything changed. */
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { kindsIn } from "../../packages/cli/src/plugin-new/templates.ts";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { packedForAuthors } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { openServices, type Services } from "./support.ts";

/** Hundreds of calls. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "rotate-newcomer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => symlinkSync(join(packedForAuthors(), "node_modules"), join(folder, "node_modules")));

const times: string[] = [];
afterAll(() => void process.stdout.write(`from nothing to a rotation, in TypeScript\n${times.join("\n")}\n`));

function inFolder(services: Services, cwd: string) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    NODE_COMPILE_CACHE: compiled,
    ROTATE_STATE_DIR: join(folder, "state"),
    TINY_CO_URL: services.url,
    TINY_CO_KEY: services.key,
  };
  const program = join(folder, "node_modules/@rotate/cli/bin/rotate.js");
  return async (...argv: readonly string[]): Promise<Result> => {
    const child = spawn(process.execPath, [program, ...argv], { cwd, env });
    child.stdin.end();
    return resultOf(child);
  };
}

function compile(made: string): void {
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", made], { stdio: "inherit" });
}

interface Made {
  readonly made: string;
  readonly services: Services;
  readonly rotate: ReturnType<typeof inFolder>;
}

/** A new plugin of a kind, compiled, in a folder of its own. */
async function makeOne(kind: string): Promise<Made> {
  const services = await openServices();
  const own = join(folder, kind);
  mkdirSync(own);
  const rotate = inFolder(services, own);
  expect(await rotate("plugin", "new", "tiny-co", "--kind", kind)).toMatchObject({ code: 0, stderr: "" });
  const made = join(own, "rotate-plugin-tiny-co");
  compile(made);
  return { made, services, rotate };
}

test.each(kindsIn("ts"))("a %s keeps every promise over the wire", async (kind) => {
  const began = performance.now();
  const { rotate } = await makeOne(kind);
  const tested = await rotate("plugin", "test", "rotate-plugin-tiny-co");
  expect(tested.stdout).not.toContain("BROKEN");
  expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining(`${kind} tiny-co`) });
  times.push(`  ${kind.padEnd(9)} ${((performance.now() - began) / 1000).toFixed(1)} s to the last promise`);
});

test("a provider is taken through a week by the harness that was made with it", { timeout: 900_000 }, async () => {
  const rotate = inFolder(await openServices(), join(folder, "provider"));
  const { stdout } = await rotate("plugin", "test", "rotate-plugin-tiny-co", "--week");
  const week = stdout.slice(stdout.indexOf("provider tiny-co through a week"));
  expect(week).toMatch(/^ {2}kept +is tried with an issuer that goes by the clock that it is given$/m);
  expect(week).not.toContain("BROKEN");
  expect(week.match(/^ {2}kept /gm)?.length).toBeGreaterThanOrEqual(6);
});

test("the same harness is what vitest runs", () => {
  const made = join(folder, "provider/rotate-plugin-tiny-co");
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const said = execFileSync(process.execPath, [vitest, "run", "--root", made], { encoding: "utf8", stdio: "pipe" });
  expect(said).toMatch(/\d+ passed/);
});

/** The spec of the README that was made, with the plugin by its path. */
function specOf(made: string): string {
  const readme = readFileSync(join(made, "README.md"), "utf8");
  return (/```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "").replace(/^plugins: .*\n/m, "");
}

test("a provider is added and used; a byte changed or a dependency added is refused by name; restored, it runs", async () => {
  const services = await openServices();
  const own = join(folder, "provider");
  const made = join(own, "rotate-plugin-tiny-co");
  const rotate = inFolder(services, own);
  writeFileSync(join(own, "rotate.yaml"), specOf(made));
  const added = await rotate("plugin", "add", "./rotate-plugin-tiny-co", "--yes");
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/provider tiny-co[\s\S]*url/) });
  expect(await rotate("run")).toMatchObject({ code: 0 });
  expect(readFileSync(join(own, ".env"), "utf8")).toMatch(/^TINY_CO_TOKEN=.{16,}$/m);

  const built = join(made, "dist/tiny-co.js");
  const sound = readFileSync(built, "utf8");
  appendFileSync(built, "\n");
  expect(await rotate("run", "--force")).toMatchObject({ code: 2, stderr: expect.stringContaining("dist/tiny-co.js") });
  writeFileSync(built, sound);

  const about = join(made, "package.json");
  const before = readFileSync(about, "utf8");
  const left = join(made, "node_modules/left-behind");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "package.json"), '{ "name": "left-behind", "version": "1.0.0" }');
  writeFileSync(about, before.replace('"@rotate/plugin-kit"', '"left-behind": "1.0.0", "@rotate/plugin-kit"'));
  const refused = await rotate("run", "--force");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("left-behind@1.0.0") });
  rmSync(join(made, "node_modules"), { recursive: true });
  writeFileSync(about, before);
  expect(await rotate("run", "--force")).toMatchObject({ code: 0 });
  expect(await rotate("revoke", "app-token", "--yes")).toMatchObject({ code: 0 });
  expect(services.revoked).toContain("t2");
});
