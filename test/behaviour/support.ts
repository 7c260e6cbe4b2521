/** The real command line in a real process, in a folder of its own, against a Databricks double: what a user would see, and what is left behind. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabricksDouble, type DatabricksDouble } from "@rotate/doubles";
import { expectNoLeak, mintCanary } from "@rotate/testkit";
import { afterAll, expect, onTestFinished } from "vitest";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { packedCommandLine } from "../support/packed.ts";

/** The command line, as it is published. */
export const { entry } = packedCommandLine();

/** Compiled code that all processes of a test file share: it halves their start. */
const compiled = mkdtempSync(join(tmpdir(), "rotate-compiled-"));
afterAll(() => rmSync(compiled, { recursive: true, force: true }));
chmodSync(compiled, 0o777);

/** Nobody: a user without rights. */
const nobody = { uid: 65_534, gid: 65_534 } as const;

/** Why no command can be run as a user without rights; undefined when it can. */
export const noNobody: string | undefined = whyNotNobody();

function whyNotNobody(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root to become another user";
  const { status } = spawnSync(process.execPath, [entry, "--version"], { ...nobody, env: {} });
  return status === 0 ? undefined : "another user may not read this checkout";
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly asNobody?: boolean;
  /** Milliseconds that its clock is ahead: time passed. */
  readonly later?: number;
}

export interface Scene {
  readonly folder: string;
  readonly double: DatabricksDouble;
  /** Secrets that may stand nowhere but in the `.env`: the login's, and the value it held before. */
  readonly secrets: readonly string[];
  readonly path: (...names: readonly string[]) => string;
  readonly write: (name: string, text: string) => void;
  /** What `.env` holds. */
  readonly env: () => string;
  readonly start: (argv: readonly string[], options?: Options) => ChildProcess;
  /** Runs `rotate` to its end and checks that nothing leaked. */
  readonly rotate: (argv: readonly string[], options?: Options) => Promise<Result>;
}

/** A spec for the double, `more` appended to its only rotation, `app`. */
export function specWith(more = "", sink = "path: .env"): string {
  return `version: 1
providers:
  db: { type: databricks-postgres, host: { env: DATABRICKS_HOST }, auth: { method: pat, token: { env: DATABRICKS_TOKEN } } }
rotations:
  app:
    provider: db
    request: { endpoint: projects/app/branches/production/endpoints/primary, ttl: 1h }
    retry: { initial: 100ms, max: 100ms }
    budget: { perMinute: 100 }
    sinks:
      - { type: dotenv, ${sink}, values: { TOKEN: "{{ token }}" } }
${more}`;
}

export interface SceneOptions {
  readonly spec?: string;
  readonly folder?: string;
  /** More that must not be seen. */
  readonly secrets?: readonly string[];
}

/** A folder with a good spec and an `.env` that holds an older value. */
export async function openScene({
  spec = specWith(),
  folder = mkdtempSync(join(tmpdir(), "rotate-behaviour-")),
  secrets = [],
}: SceneOptions = {}): Promise<Scene> {
  mkdirSync(folder, { recursive: true });
  const login = `dapi${mintCanary("login", { plain: true }).text}`;
  const old = mintCanary("old value", { plain: true }).text;
  const double = await createDatabricksDouble({ pats: { [login]: "app" } });
  onTestFinished(async () => {
    await double.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const path = (...names: readonly string[]): string => join(folder, ...names);
  const write = (name: string, text: string): void => writeFileSync(path(name), text, { mode: 0o600 });
  write("rotate.yaml", spec);
  write(".env", `# mine\nTOKEN=${old}\nPORT=8080\n`);
  const surroundings = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    NODE_COMPILE_CACHE: compiled,
    ROTATE_STATE_DIR: path("state"),
    DATABRICKS_HOST: double.url,
    DATABRICKS_TOKEN: login,
  };

  function start(argv: readonly string[], { env, asNobody, later = 0 }: Options = {}): ChildProcess {
    const user = asNobody ? nobody : {};
    const clock = `--import=data:text/javascript,const { now } = Date; Date.now = () => now() + ${later};`;
    return spawn(process.execPath, [...(later > 0 ? [clock] : []), entry, ...argv], {
      cwd: folder,
      env: { ...surroundings, ...env },
      ...user,
    });
  }

  async function rotate(argv: readonly string[], options: Options = {}): Promise<Result> {
    const child = start(argv, options);
    child.stdin?.end(options.stdin);
    const result = await resultOf(child);
    await expectQuiet(scene, result);
    return result;
  }

  const env = (): string => readFileSync(path(".env"), "utf8");
  const scene: Scene = { folder, double, secrets: [login, old, ...secrets], path, write, env, start, rotate };
  return scene;
}

/** Where a test itself put a secret, or where it belongs. */
const holders = ["rotate.yaml", ".env", "real", "other", "disk"];

/** No secret anywhere but in the `.env`, no stack trace, nothing but JSON where JSON was asked for. */
export async function expectQuiet({ folder, secrets, path }: Scene, { stdout, stderr }: Result): Promise<void> {
  expect(stdout + stderr).not.toMatch(/^\s+at .*[:(]|node:internal|\[object |undefined|\u001b/m);
  const except = holders.map((name) => path(name));
  await expectNoLeak(secrets, { stdout, stderr, folder: { directory: folder, except } });
}

/** How a refusal has to read. */
export interface Refusal {
  readonly exit: number;
  /** What is wrong. */
  readonly what: RegExp;
  /** What to do. */
  readonly todo: RegExp;
  /** The anchor in docs/errors.md. */
  readonly see: string;
}

/** Runs with these words twice, for people and as JSON, and finds both times the same clear refusal and everything as it was. */
export async function expectRefused(
  scene: Scene,
  argv: readonly string[],
  { exit, what, todo, see, ...options }: Refusal & Options,
): Promise<void> {
  const before = everythingIn(scene);
  const told = await scene.rotate(argv, options);
  expect(told).toMatchObject({ code: exit, signal: undefined });
  const text = told.stdout + told.stderr;
  expect(text).toMatch(what);
  expect(text).toMatch(todo);
  expect(text).toMatch(/^ +see +rotate explain ROTATE_[A-Z_]+$/m);
  const { code, stdout } = await scene.rotate([...argv, "--json"], options);
  expect(code).toBe(exit);
  expect(JSON.parse(stdout)).toMatchObject({ version: 1 });
  expect(stdout).toMatch(what);
  expect(stdout).toContain(`"docs/errors.md#${see}"`);
  expect(everythingIn(scene)).toEqual(before);
}

/** Every file of the scene, with what it holds and its mode; rotate's own state and compiled code apart. */
function everythingIn({ folder, path }: Scene): readonly unknown[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !/^(state|\.cache)(\/|$)/.test(name),
  );
  return names.toSorted().map((name) => {
    const stats = lstatSync(path(name));
    return [name, stats.mode.toString(8), stats.isFile() ? readFileSync(path(name), "latin1") : ""];
  });
}

/** The next good run rotates: whatever went wrong before has left nothing in its way. */
export async function expectRecovered(scene: Scene, argv: readonly string[] = ["run"]): Promise<void> {
  const minted = scene.double.mints.length;
  expect(await scene.rotate(argv)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app {2}rotated/m) });
  expect(scene.double.mints).toHaveLength(minted + 1);
  if (existsSync(scene.path(".env"))) expect(scene.env()).toMatch(/^# mine\nTOKEN=ey[\w.-]+\nPORT=8080\n$/);
}
