import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { checkFile, stageFile } from "@rotate/plugin-kit/files";
import { expect, onTestFinished, test } from "vitest";
import {
  can,
  commit,
  createTools,
  faultOf,
  freshDirectory,
  lineEdit,
  mount,
  orphans,
  text,
  undo,
  whole,
} from "./support.ts";

const ctx = createTools();
const writer = ["--conditions=rotate:src", new URL("writer.ts", import.meta.url).pathname];

/** Runs the writer below a shell line: `$@` is the command. */
function writeUnder(shell: string, ...words: string[]): { readonly stdout: string; readonly status: number | null } {
  const { stdout, status } = spawnSync("sh", ["-c", shell, "sh", process.execPath, ...writer, ...words]);
  return { stdout: stdout.toString(), status };
}

test.skipIf(!can.mount)("keeps the old file when the disk is full (needs root to mount)", async () => {
  const directory = freshDirectory();
  mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
  const old = `${"old".repeat(4000)}\n`;
  writeFileSync(`${directory}/.env`, old);
  writeFileSync(`${directory}/filler`, Buffer.alloc(64 * 1024 - 12 * 1024 - 8192));
  const fault = await faultOf(stageFile(`${directory}/.env`, whole("new".repeat(4000)), { ctx }));
  expect(fault).toMatchObject({
    code: "FAILED",
    retryable: true,
    message: expect.stringContaining("the disk is full (ENOSPC)"),
  });
  expect(text(`${directory}/.env`)).toBe(old);
  expect(orphans(directory)).toEqual([]);
  expect(await faultOf(checkFile(`${directory}/.env`, { ctx }))).toMatchObject({
    message: expect.stringContaining("ENOSPC"),
  });
});

test.skipIf(!can.mount)(
  "an in-place write on a full disk gives the old content back (needs root to mount)",
  async () => {
    const directory = freshDirectory();
    mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
    writeFileSync(`${directory}/.env`, "old\n");
    writeFileSync(`${directory}/filler`, Buffer.alloc(64 * 1024 - 4096 - 8192));
    const prepared = await stageFile(`${directory}/.env`, whole("new".repeat(6000)), { ctx, write: "in-place" });
    expect(await faultOf(commit(prepared))).toMatchObject({ code: "FAILED" });
    expect(text(`${directory}/.env`)).toBe("old\n");
    await undo(prepared);
    expect(text(`${directory}/.env`)).toBe("old\n");
  },
);

test("keeps the old file when it would exceed the file size limit", () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "PASSWORD=old\n");
  const { stdout } = writeUnder('ulimit -f 8; exec "$@"', `${directory}/.env`, "PASSWORD", "x".repeat(20_000));
  expect(JSON.parse(stdout)).toMatchObject({ code: "FAILED", hint: expect.stringContaining("ulimit -f") });
  expect(text(`${directory}/.env`)).toBe("PASSWORD=old\n");
  expect(orphans(directory)).toEqual([]);
});

test.skipIf(!can.mount)(
  "finds a bind-mounted file before the mint, and writes it in place when told to (needs root to mount)",
  async () => {
    const directory = freshDirectory();
    writeFileSync(`${directory}/source.env`, "PASSWORD=old\n");
    writeFileSync(`${directory}/my file.env`, "");
    const file = `${directory}/my file.env`;
    mount("--bind", `${directory}/source.env`, file);
    expect(await faultOf(checkFile(file, { ctx }))).toMatchObject({
      code: "INVALID",
      message: `${file} is a mount point, which cannot be replaced`,
      hint: expect.stringContaining("write: in-place"),
    });
    const { edit, revert } = lineEdit("PASSWORD", "new");
    const fault = await faultOf(stageFile(file, edit, { ctx }).then(commit));
    expect(fault).toMatchObject({ code: "INVALID", message: expect.stringContaining("EBUSY") });
    expect(orphans(directory)).toEqual([]);
    await checkFile(file, { ctx, write: "in-place" });
    await commit(await stageFile(file, edit, { ctx, revert, write: "in-place" }));
    expect(text(`${directory}/source.env`)).toBe("PASSWORD=new\n");
  },
);

test.skipIf(!can.mount)("says that a file system is read-only (needs root to mount)", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n");
  mount("--bind", directory, directory);
  spawnSync("mount", ["-o", "remount,ro,bind", directory]);
  for (const attempt of [
    () => checkFile(`${directory}/.env`, { ctx }),
    () => stageFile(`${directory}/.env`, whole("new"), { ctx }),
  ]) {
    expect(await faultOf(attempt())).toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("read-only (EROFS)"),
    });
  }
});

test.skipIf(!can.immutable)("finds an immutable file before the mint (needs root and chattr)", async () => {
  const directory = freshDirectory();
  writeFileSync(`${directory}/.env`, "old\n");
  spawnSync("chattr", ["+i", `${directory}/.env`]);
  onTestFinished(() => void spawnSync("chattr", ["-i", `${directory}/.env`]));
  expect(await faultOf(checkFile(`${directory}/.env`, { ctx }))).toMatchObject({
    code: "DENIED",
    hint: expect.stringContaining("chattr -i"),
  });
  const prepared = await stageFile(`${directory}/.env`, whole("new"), { ctx });
  expect(await faultOf(commit(prepared))).toMatchObject({ code: "DENIED", message: expect.stringContaining("EPERM") });
  expect(text(`${directory}/.env`)).toBe("old\n");
  expect(orphans(directory)).toEqual([]);
});

const asNobody = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';

test.skipIf(!can.root)(
  "a user without rights keeps nothing that is not its own, and says what would help (needs root to become another user)",
  () => {
    const directory = freshDirectory();
    chmodSync(`${directory}/..`, 0o755);
    writeFileSync(`${directory}/.env`, "PASSWORD=old\n");
    chmodSync(`${directory}/.env`, 0o644);
    expect(JSON.parse(writeUnder(asNobody, `${directory}/.env`, "PASSWORD", "new").stdout)).toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("EACCES"),
    });
    chownSync(directory, 65_534, 65_534);
    expect(JSON.parse(writeUnder(asNobody, `${directory}/.env`, "PASSWORD", "new").stdout)).toMatchObject({
      code: "DENIED",
      message: expect.stringMatching(/^cannot give .* to owner 0 and group 0$/),
      hint: expect.stringContaining("CAP_CHOWN"),
    });
    expect(text(`${directory}/.env`)).toBe("PASSWORD=old\n");
    chownSync(`${directory}/.env`, 65_534, 65_534);
    expect(writeUnder(asNobody, `${directory}/.env`, "PASSWORD", "new").stdout).toBe("ok");
    expect(statSync(`${directory}/.env`)).toMatchObject({ uid: 65_534, gid: 65_534 });
  },
);

/** An access list without setfacl: user 1234 may read (acl(5); version 2, then tag, permissions, id of each entry). */
const setList = `import os,struct,sys
e=lambda t,p,i=0xffffffff: struct.pack('<HHI',t,p,i)
os.setxattr(sys.argv[1],'system.posix_acl_access',struct.pack('<I',2)+e(1,6)+e(2,4,1234)+e(4,4)+e(16,4)+e(32,0))`;

test("keeps an access list (ACL)", async (context) => {
  const file = `${freshDirectory()}/.env`;
  writeFileSync(file, "old\n");
  if (spawnSync("python3", ["-c", setList, file]).status !== 0)
    return context.skip("python3 or access lists are missing here");
  await checkFile(file, { ctx });
  await commit(await stageFile(file, whole("new\n"), { ctx }));
  expect(text(file)).toBe("new\n");
  const shown = "import os,sys; print(os.getxattr(sys.argv[1],'system.posix_acl_access').hex())";
  expect(spawnSync("python3", ["-c", shown, file]).stdout.toString()).toContain("02000400d2040000");
});

const generation = (letter: string) => Buffer.from(`${letter.repeat(20_000)}\n`);

test("a racing reader never sees a torn or missing file", async () => {
  const directory = freshDirectory();
  const file = `${directory}/.env`;
  writeFileSync(file, generation("a"));
  const reader = spawn(process.execPath, [new URL("racing-reader.ts", import.meta.url).pathname, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(reader.stdout, "data");
  for (const letter of "bcdefghijklmnopqrstuvwxyz") {
    await commit(await stageFile(file, () => generation(letter), { ctx }));
    await sleep(1);
  }
  reader.stdin.end();
  const [report] = (await once(reader.stdout, "data")) as [Buffer];
  const { reads, faults, generations } = JSON.parse(report.toString()) as Record<string, number>;
  expect(faults).toBe(0);
  expect(reads).toBeGreaterThan(25);
  expect(generations).toBeGreaterThan(1);
});

test("two processes that write at once leave a whole file, and both say the truth", async () => {
  const directory = freshDirectory();
  const file = `${directory}/.env`;
  writeFileSync(file, "KEEP=me\n");
  const run = (key: string, value: string) => {
    const child = spawn(process.execPath, [...writer, file, key, value], { stdio: ["ignore", "pipe", "inherit"] });
    return once(child, "close");
  };
  for (let round = 0; round < 3; round++) {
    await Promise.all([run("ONE", `${round}`.repeat(9000)), run("TWO", `${round}`.repeat(9000))]);
    expect(readFileSync(file, "utf8")).toMatch(/^KEEP=me\n(?:(?:ONE|TWO)=(?:0+|1+|2+)\n){1,2}$/);
  }
  expect(readdirSync(directory)).toEqual([".env"]);
});

test("a name as long as the file system allows is no problem", async () => {
  const directory = freshDirectory();
  mkdirSync(`${directory}/d`);
  const file = `${directory}/d/${"n".repeat(255)}`;
  await commit(await stageFile(file, whole("x"), { ctx }));
  expect(text(file)).toBe("x");
  expect(await faultOf(stageFile(`${file}n`, whole("x"), { ctx }))).toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("ENAMETOOLONG"),
  });
});
