import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { expectRecovered, expectRefused, noNobody, openScene, specWith, type Refusal, type Scene } from "./support.ts";

const once = ["run", "--force", "--timeout", "0s"];
const isRoot = process.getuid?.() === 0;

interface Fault extends Omit<Refusal, "exit"> {
  readonly spoil: (scene: Scene) => void;
  readonly mend: (scene: Scene) => void;
}

/** Takes `.env` away, for something else in its place. */
function makeRoom({ path }: Scene): void {
  rmSync(path(".env"), { recursive: true, force: true });
}

const notAFile = { todo: /give the path of a regular file, or remove what is there/, see: "invalid", mend: makeRoom };

const faults: Readonly<Record<string, Fault>> = {
  "is a folder": {
    ...notAFile,
    spoil(scene) {
      makeRoom(scene);
      mkdirSync(scene.path(".env"));
    },
    what: /\.env is a directory/,
  },
  "is a link": {
    spoil(scene) {
      writeFileSync(scene.path("real"), scene.env());
      makeRoom(scene);
      symlinkSync("real", scene.path(".env"));
    },
    mend: makeRoom,
    what: /\.env is a symbolic link/,
    todo: /give the path that the link leads to/,
    see: "invalid",
  },
  "is a fifo, which would hang a reader": {
    ...notAFile,
    spoil(scene) {
      makeRoom(scene);
      execFileSync("mkfifo", [scene.path(".env")]);
    },
    what: /\.env is a fifo/,
  },
  "has a second name": {
    spoil: ({ path }) => linkSync(path(".env"), path("other")),
    mend: ({ path }) => rmSync(path("other")),
    what: /\.env is a hard link: 2 names/,
    todo: /remove the other names/,
    see: "invalid",
  },
  "is read-only": {
    spoil: ({ path }) => chmodSync(path(".env"), 0o444),
    mend: ({ path }) => chmodSync(path(".env"), 0o600),
    what: /\.env is read-only \(mode 0444\)/,
    todo: /chmod u\+w it, or set `mode:/,
    see: "invalid",
  },
  "has the key twice": {
    spoil: ({ path }) => writeFileSync(path(".env"), "TOKEN=one\nTOKEN=two\n"),
    mend: makeRoom,
    what: /TOKEN stands twice in the file, on lines 1 and 2/,
    todo: /remove one of the two lines/,
    see: "invalid",
  },
  "is to be in a folder that does not exist": {
    spoil: ({ write }) => write("rotate.yaml", specWith("", "path: etc/.env")),
    mend: ({ write }) => write("rotate.yaml", specWith()),
    what: /etc: the directory does not exist/,
    todo: /create the directory/,
    see: "not_found",
  },
};

test.each(Object.entries(faults))(
  "an .env that %s is found before anything is minted",
  async (_, { spoil, mend, ...refusal }) => {
    const scene = await openScene();
    spoil(scene);
    await expectRefused(scene, once, { exit: 1, ...refusal });
    expect(scene.double.mints).toEqual([]);
    mend(scene);
    expect((await scene.rotate(["run"])).code).toBe(0);
    expect(scene.double.mints).toHaveLength(1);
  },
);

test.skipIf(noNobody)(`a user without rights is told which it lacks${noNobody ? ` (${noNobody})` : ""}`, async () => {
  const scene = await openScene();
  for (const name of [".", "rotate.yaml", "state"]) {
    if (name === "state") mkdirSync(scene.path(name));
    chownSync(scene.path(name), 65_534, 65_534);
  }
  const refusal = { exit: 1, todo: /give the user that runs rotate read and write access/, see: "denied" };
  const asNobody = true;
  await expectRefused(scene, once, { ...refusal, what: /cannot read \S+\.env: permission denied/, asNobody });
  chownSync(scene.path(".env"), 65_534, 65_534);
  chmodSync(scene.folder, 0o555);
  await expectRefused(scene, once, { ...refusal, what: /cannot write in \S+: permission denied/, asNobody });
  expect(scene.double.mints).toEqual([]);
  chmodSync(scene.folder, 0o700);
  expect((await scene.rotate(["run"], { asNobody })).code).toBe(0);
});

/** Why no small disk can be made; undefined when it can. */
function whyNoDisk(): string | undefined {
  return isRoot && spawnSync("unshare", ["-m", "true"]).status === 0 ? undefined : "needs root to mount";
}
const noDisk = whyNoDisk();

test.skipIf(noDisk)(`a full disk keeps the old file and nothing else${noDisk ? ` (${noDisk})` : ""}`, async () => {
  const scene = await openScene({ spec: specWith("", "path: disk/.env") });
  mkdirSync(scene.path("disk"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k,mode=0700", "tmpfs", scene.path("disk")]);
  onTestFinished(() => void execFileSync("umount", [scene.path("disk")]));
  writeFileSync(scene.path("disk", ".env"), scene.env(), { mode: 0o600 });
  const filler = scene.path("disk", "filler");
  writeFileSync(filler, Buffer.alloc(4096));
  const refusal = { what: /cannot write in \S+: the disk is full/, todo: /free space or inodes/, see: "failed" };
  await expectRefused(scene, once, { exit: 1, ...refusal });
  expect(scene.double.mints).toEqual([]);
  rmSync(filler);
  expect((await scene.rotate(["run"])).code).toBe(0);
  expect(readFileSync(scene.path("disk", ".env"), "utf8")).toMatch(/^# mine\nTOKEN=ey[\w.-]+\nPORT=8080\n$/);
});

test("an .env that git tracks is warned of by plan and run, with what to do", async () => {
  const scene = await openScene();
  const git = (...words: string[]) => execFileSync("git", ["-C", scene.folder, ...words], { stdio: "ignore" });
  git("init", "-q");
  git("add", "-f", ".env");
  const plan = await scene.rotate(["plan"]);
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining(`tracked by git`) });
  expect(plan.stdout).toMatch(
    /\.env\); take it out by `git -C \S+ rm -q --cached -- \.env`, keep it out by .*\.gitignore/,
  );
  const run = await scene.rotate(["run"]);
  expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining("the file is tracked by git") });
  await expectRecovered(scene, ["run", "--force"]);
});
