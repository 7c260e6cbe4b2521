import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFailed, onTestFinished, test } from "vitest";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";
import { answer, choose, ctrlC, noTerminal, seat, type Seated } from "../support/pseudo-terminal.ts";
import { sessions, type Setting, type Step } from "./init-sessions.ts";

const { entry } = packedCommandLine();

interface Desk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sit: (...argv: readonly string[]) => Seated;
  readonly rotate: (...argv: readonly string[]) => Promise<Result>;
}

/** A folder of a newcomer, who has nothing but the package. */
function deskOf({ env: more = {}, files = {} }: Pick<Setting, "env" | "files"> = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), "rotate-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  const own = { HOME: folder, ROTATE_STATE_DIR: join(folder, "state"), NODE_COMPILE_CACHE: compiled };
  const env = { PATH: process.env["PATH"] ?? "", ...own, ...more };
  const argv = [process.execPath, entry];
  /** A test that fails shows what its newcomer saw. */
  function sit(...words: readonly string[]): Seated {
    const at = seat([...argv, ...words], { cwd: folder, env });
    onTestFailed(() => void process.stderr.write(at.shown()));
    return at;
  }
  return {
    folder,
    env,
    sit,
    rotate(...words) {
      const child: ChildProcess = spawn(process.execPath, [entry, ...words], { cwd: folder, env });
      child.stdin?.end();
      return resultOf(child);
    },
  };
}

/** All but what every start of the program keeps. */
function filesOf({ folder }: Desk): readonly string[] {
  return readdirSync(folder).filter((name) => name !== ".cache");
}

async function play(at: Seated, steps: readonly Step[]): Promise<void> {
  for (const [question, told] of steps) {
    if (told?.startsWith("> ")) await choose(at, question, told.slice(2));
    else await answer(at, question, told);
  }
}

test.skipIf(noTerminal).each(Object.entries(sessions))(
  `a newcomer at a terminal comes to a working credential of %s${noTerminal ? ` (${noTerminal})` : ""}`,
  async (_, open) => {
    const setting = await open();
    onTestFinished(async () => setting.close?.());
    const desk = deskOf(setting);
    const at = desk.sit("init", ...(setting.set ?? []).map((pair) => `--set=${pair}`));
    await play(at, setting.steps);
    expect([await at.ended, at.shown()]).toEqual([0, expect.stringContaining("next  rotate")]);
    const ran = await desk.rotate("run");
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, expect.any(String), expect.any(String)]);
    expect(await setting.works(desk.folder, async (...argv) => (await desk.rotate(...argv)).stdout)).toBe(true);
  },
);

const yes = ["init", "--yes", "--issuer=jwt", "--set=request.audience=api"];

test.skipIf(noTerminal)("a terminal that goes away in the middle, and Ctrl-C, leave nothing behind", async () => {
  const desk = deskOf();
  const gone = desk.sit("init");
  await choose(gone, "How does your application", "it reads a JSON file");
  await gone.sees("Who issues it?");
  gone.vanish();
  await gone.ended;
  const stopped = desk.sit("init");
  await stopped.sees("How does your application");
  stopped.type(ctrlC);
  expect([await stopped.ended, stopped.shown()]).toEqual([2, expect.stringContaining("nothing was written")]);
  expect(filesOf(desk)).toEqual([]);
});

test("without a terminal, without answers and with wrong ones it says which flag is missing, and repeats nothing", async () => {
  const desk = deskOf();
  async function refused(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await desk.rotate(...argv);
    expect([code, stdout, filesOf(desk)]).toEqual([2, "", []]);
    return stderr;
  }
  expect(await refused("init")).toContain("--yes");
  expect(await refused("init", "--yes", "--issuer=vault")).toContain("--set request.path=…");
  const typed = await refused(
    "init",
    "--yes",
    "--issuer=oauth2",
    "--set=provider.clientAuth.clientSecret=hunter2hunter2",
  );
  expect(typed).toContain("env:NAME");
  expect(typed).not.toContain("hunter2");
  expect(await refused(...yes, "--set=request.aud=x")).toContain("nobody asks for request.aud");
  expect(await refused(...yes, "--name=No Good")).toContain("lower-case");
  expect(await refused(...yes, "-f", "absent/rotate.yaml")).toContain("there is no directory");
});

test.skipIf(process.getuid?.() !== 0)(
  "a directory that cannot be written to is told, and nothing is left (needs root to become another user)",
  async () => {
    const desk = deskOf();
    mkdirSync(join(desk.folder, "locked"));
    chmodSync(desk.folder, 0o755);
    const child = spawn(process.execPath, [entry, ...yes, "-f", "locked/rotate.yaml"], {
      cwd: desk.folder,
      env: { ...desk.env, NODE_COMPILE_CACHE: undefined },
      uid: 65_534,
      gid: 65_534,
    });
    const { code, stderr } = await resultOf(child);
    expect([code, stderr]).toEqual([2, expect.stringContaining("cannot write")]);
    expect(readdirSync(join(desk.folder, "locked"))).toEqual([]);
  },
);

test("a spec that is there is not written over, and names with every odd character come through", async () => {
  const desk = deskOf();
  const odd = "a b/é'\"$x: #y.env";
  mkdirSync(join(desk.folder, "a b"));
  const made = await desk.rotate(
    ...yes,
    `--set=sink.path=${odd}`,
    "--set=request.subject=# {{ x }}: 'yes' \\ \"no\" é",
    "--json",
  );
  expect([made.code, JSON.parse(made.stdout)]).toMatchObject([0, { rotation: "app", next: "rotate run" }]);
  const text = readFileSync(join(desk.folder, "rotate.yaml"), "utf8");
  expect((await desk.rotate("run")).code).toBe(0);
  expect(existsSync(join(desk.folder, odd))).toBe(true);
  const again = await desk.rotate(...yes);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is there already")]);
  expect(readFileSync(join(desk.folder, "rotate.yaml"), "utf8")).toBe(text);
});
