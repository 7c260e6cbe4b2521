/** Alarms by e-mail, from the package to a real mail server: of `run` at its end, of `watch` once it lasts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { login, startMailServer } from "../../../../plugins/smtp/test/support/mail-server.ts";
import { folderWith, rotate, start } from "../support.ts";

type MailServer = Awaited<ReturnType<typeof startMailServer>>;

function rotationTo(path: string, provider = "local"): object {
  const sinks = [{ type: "file", path, values: { content: "{{ token }}" } }];
  // Lives so long that the fourth mint of a day is one too many.
  return { provider, request: { subject: path, ttl: "30d" }, sinks };
}

function specOf(rotations: object, more: object = {}): string {
  const local = { type: "jwt", issuer: "me", key: { path: "key.pem" } };
  const providers = { local, other: local };
  return JSON.stringify({ version: 1, name: "mail", providers, rotations, ...more });
}

function mailTo({ port }: MailServer): object {
  const own = { host: "127.0.0.1", port, ca: { file: "ca.pem" }, username: login.username, password: { env: "MAIL" } };
  return { notify: [{ type: "email", ...own, from: "rotate@web-1.example", to: ["ops@example.com"], after: 1 }] };
}

async function stage() {
  const server = await startMailServer();
  onTestFinished(server.close);
  const cwd = folderWith({ "ca.pem": server.ca });
  const save = (text: string): void => writeFileSync(join(cwd, "rotate.yaml"), text);
  const env = { MAIL: login.password };
  const run = async (...flags: string[]) => (await rotate(["run", ...flags], { cwd, env })).code;
  const subjects = (): readonly string[] =>
    server.mails.map(({ headers }) => headers.get("subject")!.replace(/^\[rotate [^\]]+\] /, ""));
  return { server, cwd, env, save, run, subjects };
}

test("runs send one mail of what fails, one that it is over in the same thread, and one of a provider that gives too much", async () => {
  const { server, cwd, save, run, subjects } = await stage();
  save(specOf({ two: rotationTo("absent/two") }, mailTo(server)));
  expect([await run(), await run("--force")]).toEqual([1, 1]);
  expect(subjects()).toEqual([expect.stringMatching(/^FAILED: two, local: /)]);
  mkdirSync(join(cwd, "absent"));
  expect([await run("--force"), await run("--force"), await run("--force")]).toEqual([0, 0, 0]);
  expect(subjects().slice(1)).toEqual([expect.stringMatching(/^RECOVERED: two/)]);
  const [failed, recovered] = server.mails;
  expect(failed).toMatchObject({ to: ["ops@example.com"], encrypted: true });
  expect(recovered?.headers.get("references")).toBe(failed?.headers.get("references"));
  expect([await run("--force"), await run("--force")]).toEqual([0, 0]);
  expect(subjects().slice(2)).toEqual([expect.stringMatching(/^MINTS-ABOVE-EXPECTED: provider local/)]);
  expect(server.mails[2]?.text).toContain("4 were made in the last 24 hours");
  expect(server.mails.map(({ text }) => text).join()).not.toContain(login.password);
}, 120_000);

test("a watch sends a mail of a provider that has given too much before it was started, and one of what fails", async () => {
  const { server, cwd, env, save, run, subjects } = await stage();
  save(specOf({ one: rotationTo("one") }));
  for (let nth = 0; nth < 4; nth++) expect(await run("--force")).toBe(0);
  save(specOf({ one: rotationTo("one"), two: rotationTo("absent/two", "other") }, mailTo(server)));
  const watch = start(["watch"], { cwd, env });
  onTestFinished(() => void watch.kill("SIGKILL"));
  await vi.waitFor(() => expect(subjects()).toHaveLength(2), { timeout: 60_000, interval: 200 });
  expect(subjects().toSorted()).toEqual([
    expect.stringMatching(/^FAILED: two, other: /),
    expect.stringMatching(/^MINTS-ABOVE-EXPECTED: provider local/),
  ]);
}, 120_000);
