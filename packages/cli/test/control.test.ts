import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { folderWith, resultOf, rotate, said, start } from "./support.ts";

const spec = `version: 1
name: asked
providers:
  local: { type: jwt, issuer: me, key: { path: key.pem } }
rotations:
  one: { provider: local, sinks: [{ type: file, path: one, values: { content: "{{ token }}" } }] }
  two: { provider: local, sinks: [{ type: file, path: two, values: { content: "{{ token }}" } }] }
`;

interface Watching {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly socket: string;
  readonly log: () => string;
}

async function watch(
  folder = folderWith({ "rotate.yaml": spec }),
  env: Readonly<Record<string, string>> = {},
): Promise<Watching> {
  const isFirst = !existsSync(join(folder, "two"));
  const child = start(["watch", "--log-level", "debug"], { cwd: folder, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await vi.waitFor(() => expect(log).toMatch(/commands ask this watch|no command can ask/), 15_000);
  await vi.waitFor(() => expect(log).toContain(isFirst ? "two: rotated" : "watching"), 15_000);
  return { child, folder, socket: join(folder, "state", "asked", "control.sock"), log: () => log };
}

describe("a command beside a running watch", () => {
  test("lets the watch rotate, tells what it does as it does it, and is named in its log", async () => {
    const { folder, log, child } = await watch();
    const before = readFileSync(join(folder, "one"), "utf8");
    const seen = said(child, "asks: run --force one");
    const { code, stdout, stderr } = await rotate(["run", "one", "--force"], {
      cwd: folder,
      env: { SUDO_USER: "alice" },
    });
    await seen;
    expect([code, stderr.includes("one: minted a credential"), stderr.includes("two")]).toEqual([0, true, false]);
    expect(stdout).toContain("rotated in");
    expect(readFileSync(join(folder, "one"), "utf8")).not.toBe(before);
    expect(log()).toMatch(/alice \(pid \d+\) asks: run --force one[^]*one: minted a credential/);
  });

  test("is told by the state, and that the watch hangs, where the watch does not answer", async () => {
    const { child, folder } = await watch();
    child.kill("SIGSTOP");
    const [check, one, json] = await Promise.all([
      rotate(["status", "--check"], { cwd: folder }),
      rotate(["status", "one"], { cwd: folder }),
      rotate(["status", "--json"], { cwd: folder }),
    ]);
    expect([check.code, check.stdout]).toEqual([
      1,
      expect.stringMatching(/`rotate watch` does not answer[^]*look at its log[^]*one +/),
    ]);
    expect(one.stdout).toMatch(/does not answer[^]*look at its log[^]*one/);
    expect(JSON.parse(json.stdout)).toMatchObject({
      troubles: [{ code: "ROTATE_WATCH_SILENT" }],
      rotations: [
        { name: "one", state: "fresh" },
        { name: "two", state: "fresh" },
      ],
    });
  });

  test("is answered as without one: exit codes, JSON and refusals", async () => {
    const { folder } = await watch();
    const status = await rotate(["status", "--json"], { cwd: folder });
    expect(JSON.parse(status.stdout)).toMatchObject({
      summary: { total: 2 },
      rotations: [{ state: "fresh" }, { state: "fresh" }],
      troubles: [],
    });
    const run = await rotate(["run", "--json", "--detailed-exit-code"], { cwd: folder });
    expect([run.code, JSON.parse(run.stdout)]).toMatchObject([
      0,
      { rotations: [{ outcome: "fresh" }, { outcome: "fresh" }] },
    ]);
    const unknown = await rotate(["run", "onne"], { cwd: folder });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("did you mean one?")]);
    const revoked = await rotate(["revoke", "one", "--yes"], { cwd: folder });
    expect([revoked.code, revoked.stdout]).toEqual([0, expect.stringContaining("cannot be revoked from here")]);
  });

  test("lets go of a rotation through it, with values that stand in no log", async () => {
    const { folder, log } = await watch();
    writeFileSync(join(folder, "mine"), "a-password-of-my-own\n");
    const { code, stderr } = await rotate(["eject", "one", "--values", "content={file:mine}", "--yes"], {
      cwd: folder,
    });
    expect([code, readFileSync(join(folder, "one"), "utf8").trim()]).toEqual([0, "a-password-of-my-own"]);
    expect(log()).toContain("asks: eject one");
    expect(log() + stderr).not.toContain("a-password-of-my-own");
    const { stdout } = await rotate(["status"], { cwd: folder });
    expect(stdout).toContain("ejected");
  });

  test("gets a credential from it that stands nowhere else, minted once for all who ask, and in no log", async () => {
    const bare = spec.replace(
      / {2}two: .*/,
      '  two: { provider: local, sinks: [{ type: env, values: { TWO: "{{ token }}" } }] }',
    );
    const { folder, log } = await watch(folderWith({ "rotate.yaml": bare }));
    const ask = (...more: readonly string[]) => rotate(["credential", "two", ...more], { cwd: folder });
    const answers = await Promise.all([ask("--format", "env"), ask("--format", "env"), ask("--format", "token")]);
    const [, token = "none"] = /^TWO=(\S+)\n$/.exec(answers[0].stdout) ?? [];
    expect(answers.map(({ stdout }) => stdout)).toEqual([`TWO=${token}\n`, `TWO=${token}\n`, token]);
    expect(log().match(/two: minted/g)).toHaveLength(1);
    expect(log()).not.toContain(token);
    const unfit = await ask("--format", "aws-credential-process");
    expect([unfit.code, unfit.stdout]).toEqual([2, ""]);
    const none = await rotate(["credential", "three", "--format", "token"], { cwd: folder });
    expect([none.code, none.stderr.includes("no rotation is named three")]).toEqual([2, true]);
  });

  test("works by itself by a spec that the watch has refused", async () => {
    const { folder, child, log } = await watch();
    const refused = said(child, "kept the running spec");
    writeFileSync(
      join(folder, "rotate.yaml"),
      spec.replace(/  one: .*\n  two: .*\n/, spec.match(/  one: .*\n/)![0].replace("one: {", "three: {")),
    );
    await refused;
    const { code, stderr } = await rotate(["run", "three"], { cwd: folder });
    expect([code, stderr]).toEqual([0, expect.stringContaining("three: minted a credential")]);
    expect(log()).not.toContain("asks: run");
  });

  test("works by itself by a spec that names another state", async () => {
    const { folder, child, log } = await watch();
    const refused = said(child, "names another state now");
    writeFileSync(join(folder, "rotate.key"), Buffer.alloc(32, 1).toString("base64"));
    const shared = `${spec}state: { type: postgres, url: { env: NOWHERE }, key: { file: rotate.key } }\n`;
    writeFileSync(join(folder, "rotate.yaml"), shared);
    await refused;
    const env = { NOWHERE: "postgres://nobody@127.0.0.1:1/nothing?connect_timeout=1" };
    const { stderr } = await rotate(["run", "one", "--force"], { cwd: folder, env });
    expect(stderr).toContain("127.0.0.1:1");
    expect(log()).not.toContain("asks: run");
    expect(log().match(/names another state now/g)).toHaveLength(1);
  });

  test("works by itself once the watch was killed, and the next watch takes the socket over", async () => {
    const { folder, child, socket } = await watch();
    const over = resultOf(child);
    child.kill("SIGKILL");
    await over;
    expect(existsSync(socket)).toBe(true);
    expect((await rotate(["run", "one", "--force"], { cwd: folder })).code).toBe(0);
    const { log } = await watch(folder);
    await rotate(["run", "one", "--force"], { cwd: folder });
    expect(log()).toContain("asks: run --force one");
  });

  test("may do so as the user whose watch it is, and nobody else", async () => {
    const { socket } = await watch();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });
});

test("a second watch says that there is one, and goes on beside it", async () => {
  const { folder, log } = await watch();
  const second = start(["watch"], { cwd: folder });
  onTestFinished(() => void second.kill("SIGKILL"));
  await said(second, "another `rotate watch` works on this state");
  await rotate(["run", "one", "--force"], { cwd: folder });
  expect(log()).toContain("asks: run --force one");
});

test("a state whose path is too long for a socket is worked on all the same, and the watch says why it cannot be asked", async () => {
  const folder = folderWith({ "rotate.yaml": spec });
  const far = join(folder, "a".repeat(100));
  mkdirSync(far, { mode: 0o700 });
  const { log } = await watch(folder, { ROTATE_STATE_DIR: far });
  expect(log()).toContain("no command can ask this watch: the path of its socket has");
  const { code } = await rotate(["run", "one", "--force"], { cwd: folder, env: { ROTATE_STATE_DIR: far } });
  expect(code).toBe(0);
});

test("the user of the watch is given credentials on its socket, as at an endpoint of type http", async () => {
  const { folder, socket } = await watch();
  const token = readFileSync(join(folder, "one"), "utf8");
  async function get(path: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
    const asking = request({ socketPath: socket, path, agent: false });
    asking.end();
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    return { status: answer.statusCode, body: await text(answer) };
  }
  const first = JSON.parse((await get("/v1/credentials/one")).body) as { readonly fingerprint: string };
  expect(first).toMatchObject({
    version: 1,
    name: "one",
    fields: { token },
    remainingMs: expect.any(Number) as number,
  });
  expect(await get("/v1/credentials/one?format=token")).toEqual({ status: 200, body: token });
  expect((await get("/v1/credentials/one?format=git")).status).toBe(400);
  expect((await get("/v1/credentials/three")).status).toBe(404);
  expect((await get(`/v1/credentials/one?after=${first.fingerprint}&wait=0`)).status).toBe(304);
  const waiting = get(`/v1/credentials/one?after=${first.fingerprint}&wait=50`);
  await rotate(["run", "one", "--force"], { cwd: folder });
  expect(JSON.parse((await waiting).body)).toMatchObject({
    fields: { token: readFileSync(join(folder, "one"), "utf8") },
  });
});
