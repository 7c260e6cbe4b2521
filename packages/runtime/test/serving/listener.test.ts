/** Who may connect, with processes of other users, and what somebody may have put in the way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openListener, type Listener, type ListenerOptions } from "../../src/serving/listener.ts";

const nobody = 65_534;
const isRoot = process.getuid?.() === 0 && process.platform === "linux";
const why = isRoot ? "" : " (skipped: it takes root to be somebody else)";

/** A folder that everybody may enter and only we may write in. */
function folder(): string {
  const base = mkdtempSync(join(realpathSync(tmpdir()), "rotate-listen-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  chmodSync(base, 0o755);
  const inside = join(base, "run");
  mkdirSync(inside, { mode: 0o755 });
  return inside;
}

async function open(where: ListenerOptions["where"]): Promise<Listener & { readonly refused: readonly string[] }> {
  const refused: string[] = [];
  const listener = await openListener({
    where,
    onConnection: (socket) => void socket.end("let in"),
    onRefused: (word) => void refused.push(word),
  });
  onTestFinished(() => listener.cut());
  return { ...listener, refused };
}

const asking = `
const socket = require("node:net").connect(JSON.parse(process.argv[1]));
socket.on("data", (chunk) => process.stdout.write(chunk)).on("error", ({ code }) => process.stdout.write(code));
`;

/** What a process of this user hears there. */
async function heardBy(uid: number, place: object): Promise<string> {
  const child = spawn("/usr/bin/env", [process.execPath, "-e", asking, JSON.stringify(place)], {
    uid,
    gid: uid,
    env: {},
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [heard] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return heard;
}

test.skipIf(!isRoot)(
  `on a port only those who were named are answered, and root is not one of them${why}`,
  async () => {
    const { at, refused } = await open({ host: "127.0.0.1", port: 0, uids: [nobody] });
    expect(await heardBy(nobody, at)).toBe("let in");
    expect(refused).toEqual([]);
    expect(await heardBy(0, at)).not.toContain("let in");
    expect(refused).toEqual(["other-user"]);
  },
);

test.skipIf(!isRoot)(`a socket is for who its file says, at every moment${why}`, async () => {
  const directory = folder();
  const own = await open({ socket: join(directory, "own"), mode: 0o600 });
  expect([
    await heardBy(0, { path: join(directory, "own") }),
    await heardBy(nobody, { path: join(directory, "own") }),
  ]).toEqual(["let in", "EACCES"]);
  expect(own.refused).toEqual([]);
  await open({ socket: join(directory, "group"), mode: 0o660, gid: nobody });
  expect(await heardBy(nobody, { path: join(directory, "group") })).toBe("let in");
});

test("what somebody put at the path is not used, and not taken away", async () => {
  const directory = folder();
  const path = join(directory, "s");
  writeFileSync(path, "somebody's");
  await expect(open({ socket: path, mode: 0o600 })).rejects.toMatchObject({
    message: expect.stringContaining("no socket") as string,
  });
  rmSync(path);
  symlinkSync(join(directory, "elsewhere"), path);
  await expect(open({ socket: path, mode: 0o600 })).rejects.toMatchObject({ code: "INVALID" });
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  rmSync(path);
  const planted = createServer().listen(path);
  await once(planted, "listening");
  await expect(open({ socket: path, mode: 0o600 })).rejects.toMatchObject({
    message: expect.stringContaining("listens at") as string,
  });
  planted.close();
  await once(planted, "close");
  await open({ socket: path, mode: 0o600 });
});

test("a directory that others may write in, or that is a link, is refused", async () => {
  const directory = folder();
  chmodSync(directory, 0o777);
  await expect(open({ socket: join(directory, "s"), mode: 0o600 })).rejects.toMatchObject({
    message: expect.stringContaining("others may write") as string,
  });
  chmodSync(directory, 0o755);
  symlinkSync(directory, `${directory}-link`);
  await expect(open({ socket: join(`${directory}-link`, "s"), mode: 0o600 })).rejects.toMatchObject({
    code: "INVALID",
  });
});

test.skipIf(!isRoot)(`a directory of somebody else is refused${why}`, async () => {
  const directory = folder();
  chownSync(directory, nobody, nobody);
  await expect(open({ socket: join(directory, "s"), mode: 0o600 })).rejects.toMatchObject({
    message: expect.stringContaining("belongs to uid 65534") as string,
  });
});
