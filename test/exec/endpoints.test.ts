/** What a command is told of endpoints, and who has the credentials that it gets. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { rotate, sceneOf } from "./support.ts";

const patience = { timeout: 40_000, interval: 50 };
const serve = `serve:
  local: { type: http, rotation: [app], listen: { socket: s } }
  db: { type: postgres, rotation: app, listen: { socket: .s.PGSQL.5432 }, upstream: { host: db.example.com }, login: { user: app, password: "{{ token }}" } }
`;
/** Asks the endpoint, as any language could. */
const ask = `
import { request } from "node:http";
const { ROTATE_SOCKET: socketPath, PGHOST, PGPASSWORD = "none", AWS_PROFILE = "none", APP_TOKEN = "none" } = process.env;
request({ socketPath, path: "/v1/credentials/app" }, async (answer) => {
  let body = "";
  for await (const chunk of answer) body += chunk;
  console.log(JSON.stringify({ token: JSON.parse(body).fields.token, PGHOST, PGPASSWORD, AWS_PROFILE, APP_TOKEN }));
}).end();
`;
const command = ["--", process.execPath, "--input-type=module", "-e", ask];

test("the endpoints of its rotations are open when a command begins, told to it, and closed when it has ended", async ({
  onTestFinished,
}) => {
  const folder = sceneOf({ onTestFinished }, "15m", serve);
  const env = { PGPASSWORD: "of somebody else", AWS_PROFILE: "kept" };
  const one = rotate({ onTestFinished, folder, env }, ["exec", "app", ...command]);
  expect([await one.ended, one.err().replaceAll(/^.*(?:signing key|nobody keeps its values).*\n/gm, "")]).toEqual([
    0,
    "",
  ]);
  const said = JSON.parse(one.out()) as Readonly<Record<string, string>>;
  expect(said).toMatchObject({ PGHOST: folder, PGPASSWORD: "none", AWS_PROFILE: "kept" });
  expect(said["token"]).toBe(said["APP_TOKEN"]);
  expect(existsSync(join(folder, "s"))).toBe(false);
  const without = rotate({ onTestFinished, folder, env }, [
    "exec",
    "app",
    "--no-endpoints",
    "--",
    "sh",
    "-c",
    "echo ${ROTATE_SOCKET-none}",
  ]);
  await without.ended;
  expect(without.out()).toBe("none\n");
});

test("beside a running watch nothing is minted a second time, and its endpoints are the command's", async ({
  onTestFinished,
}) => {
  const folder = sceneOf({ onTestFinished }, "15m", serve);
  const watch = rotate({ onTestFinished, folder }, ["watch"]);
  await vi.waitUntil(() => existsSync(join(folder, "s")), patience);
  const credential = rotate({ onTestFinished, folder }, ["credential", "app", "--format", "token"]);
  await credential.ended;
  const one = rotate({ onTestFinished, folder }, ["exec", "app", "--on-rotate", "restart", ...command]);
  expect(await one.ended).toBe(0);
  const said = JSON.parse(one.out()) as Readonly<Record<string, string>>;
  expect([said["token"], said["APP_TOKEN"]]).toEqual([credential.out(), credential.out()]);
  expect(existsSync(join(folder, "s"))).toBe(true);
  expect(watch.err()).not.toContain("minted once more");
});
