/** A newcomer with nothing but the package: `plugin new`, `plugin test`, `plugin add`, a rotation, for each kind in each language. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { kindsIn, type Language, type NewKind } from "../../packages/cli/src/plugin-new/templates.ts";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { goCache } from "../support/go.ts";
import { packedCommandLine } from "../support/packed.ts";
import { has, openServices, ownPython } from "./support.ts";

const { entry } = packedCommandLine();

/** Hundreds of processes. */
vi.setConfig({ testTimeout: 300_000 });

const path = `${ownPython}:${process.env["PATH"]}`;

interface Cell {
  readonly kind: NewKind;
  readonly lang: Exclude<Language, "ts">;
  /** What a spec names, in the new folder. */
  readonly plugin: string;
  readonly file: string;
}

function cellsIn(lang: Cell["lang"], file: string): readonly Cell[] {
  return kindsIn(lang).map((kind) => ({ kind, lang, file, plugin: `./${file}` }));
}

const cells = [
  ...(has("python3") ? cellsIn("python", "tiny-co.py") : []),
  ...(has("jq") && has("curl") ? cellsIn("bash", "tiny-co.sh") : []),
  ...(hasGo() ? cellsIn("go", "bin/tiny-co") : []),
];

/** The others' promises are tried by `npm run proof:authors`, a provider's in Python by the tutorial's test: seconds of processes for each. */
const isTried = new Set(["sink in python", "provider in bash", "notifier in python"]);
const isWhole = process.env["ROTATE_EVERY_CELL"] === "1";

function nameOf({ kind, lang }: Cell): string {
  return `${kind} in ${lang}`;
}

function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

/** By cell, milliseconds from an empty folder to the rotation. */
const times: Record<string, number> = {};
afterAll(() => {
  const lines = Object.entries(times).map(([cell, ms]) => `  ${cell.padEnd(18)} ${(ms / 1000).toFixed(1)} s`);
  process.stdout.write(`from nothing to a rotation, in the package\n${lines.join("\n")}\n`);
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rotate-new-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function rotateIn(folder: string, env: Readonly<Record<string, string>> = {}) {
  const all = {
    PATH: path,
    HOME: folder,
    NODE_COMPILE_CACHE: compiled,
    ROTATE_STATE_DIR: join(folder, "state"),
    ...env,
  };
  return async (...argv: readonly string[]): Promise<Result> => {
    const child = spawn(process.execPath, [entry, ...argv], { cwd: folder, env: all });
    child.stdin.end();
    return resultOf(child);
  };
}

function build({ lang }: Cell, folder: string): void {
  if (lang !== "go") return;
  const env = { ...process.env, GOCACHE: goCache, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
  execFileSync("go", ["build", "-o", "bin/", "./..."], { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** The spec of the README that was made. */
function specOf(folder: string): string {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  return /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
}

test.each(cells)(
  "a $kind in $lang: made, tested, added, used; a byte changed, refused by name; restored",
  async (cell) => {
    const began = performance.now();
    const services = await openServices();
    const base = emptyFolder();
    const made = await rotateIn(base)("plugin", "new", "tiny-co", "--kind", cell.kind, "--lang", cell.lang);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const folder = join(base, "rotate-plugin-tiny-co");
    build(cell, folder);
    const rotate = rotateIn(folder, { TINY_CO_URL: services.url, TINY_CO_KEY: services.key });

    if (isWhole || isTried.has(nameOf(cell))) await keepsAll(cell, { folder, rotate });

    writeFileSync(join(folder, "rotate.yaml"), specOf(folder).replace(/^plugins: .*\n/m, ""));
    expect(await rotate("plugin", "add", cell.plugin, "--yes")).toMatchObject({ code: 0 });
    expect(await rotate("validate")).toMatchObject({ code: 0 });
    expect(await used(cell, { folder, services, rotate })).toEqual(seen[cell.kind]);
    times[nameOf(cell)] = performance.now() - began;

    const program = join(folder, cell.file);
    const sound = readFileSync(program);
    writeFileSync(program, Buffer.concat([sound, Buffer.from("\n")]));
    const refused = await rotate("run");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(cell.file.replace("bin/", ""));
    expect(refused.stderr).toContain(`rotate plugin approve ${cell.plugin}`);
    writeFileSync(program, sound);
    expect(await rotate("validate")).toMatchObject({ code: 0 });
  },
);

async function keepsAll({ kind, file }: Cell, { folder, rotate }: Pick<Scene, "folder" | "rotate">): Promise<void> {
  const tested = await rotate("plugin", "test", dirname(file), "--junit", "report.xml");
  expect(tested.stdout).not.toContain("BROKEN");
  expect(tested).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, "report.xml"), "utf8")).toContain(`${kind} tiny-co`);
}

interface Scene {
  readonly folder: string;
  readonly services: Awaited<ReturnType<typeof openServices>>;
  readonly rotate: ReturnType<typeof rotateIn>;
}

/** What is seen after a rotation, where the services of these tests have what it needs. */
const seen: Readonly<Record<Cell["kind"], object>> = {
  provider: { run: 0, held: expect.stringMatching(/^TINY_CO_TOKEN=.{16,}$/m), revoke: 0, revoked: ["t1"] },
  sink: { run: 0, held: expect.stringMatching(/^ey/) },
  reload: {},
  probe: {},
  notifier: {},
};

async function used({ kind }: Cell, { folder, services, rotate }: Scene): Promise<object> {
  if (kind !== "provider" && kind !== "sink") return {};
  const { code: run } = await rotate("run");
  if (kind === "sink") return { run, held: services.document.values["TOKEN"] };
  const held = readFileSync(join(folder, ".env"), "utf8");
  const { code: revoke } = await rotate("revoke", "app-token", "--yes");
  return { run, held, revoke, revoked: services.revoked };
}

test("nothing is written over, and a name that cannot be is refused", async () => {
  const folder = emptyFolder();
  const rotate = rotateIn(folder);
  expect(await rotate("plugin", "new", "acme", "--lang", "bash")).toMatchObject({ code: 0 });
  const again = await rotate("plugin", "new", "acme", "--lang", "python");
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
  const refusals = [
    [["Acme"], "a word for specs"],
    [["dotenv", "--kind", "sink"], "a built-in sink has the name dotenv"],
    [["other", "--kind", "probe", "--lang", "go"], "there is no probe in go"],
  ] as const;
  for (const [argv, why] of refusals)
    expect(await rotate("plugin", "new", ...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
});

test.skipIf(!has("python3"))(
  "a broken promise is named with its page, and a plugin without a harness is not called tested",
  async () => {
    const base = emptyFolder();
    const rotate = rotateIn(base);
    await rotate("plugin", "new", "acme", "--lang", "python", "--folder", "one");
    const program = join(base, "one/acme.py");
    const sound = readFileSync(program, "utf8");
    writeFileSync(program, sound.replace('if refused.error["code"] != "NOT_FOUND":', "if True:"));
    const broken = await rotate("plugin", "test", "one/acme.py", "--badge", "badge.json");
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/BROKEN +revokes from the handle alone, in any process, and again when it is gone/);
    expect(broken.stdout).toContain("docs/reference/contract.md#provider-revoke");
    expect(JSON.parse(readFileSync(join(base, "badge.json"), "utf8"))).toMatchObject({ color: "red" });
    rmSync(join(base, "one/acme.harness.py"));
    const alone = await rotate("plugin", "test", "one/acme.py");
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("has no harness") });
  },
);
