/** Three plugins that were written by the public pages alone, from `plugin test` to a rotation: Redis and nginx as they are, Nomad as its documentation has it. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { harness as nomadHarness } from "../../docs/examples/plugins/nomad-variable/test/nomad-variable.harness.ts";
import { resultOf, type Result } from "../../packages/cli/test/support.ts";
import { compiled } from "../support/compiled.ts";
import { packedForAuthors } from "../support/packed.ts";
import { examples, has, ownPython } from "./support.ts";

/** Each promise has a server of its own. */
vi.setConfig({ testTimeout: 300_000 });

interface Place {
  readonly at: (name: string) => string;
  readonly rotate: (...argv: readonly string[]) => Promise<Result>;
}

/** A folder with an example in it, and the packed command line. */
function placeOf(example: string, env: Readonly<Record<string, string>> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), "rotate-outsider-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(examples, example), join(folder, example), { recursive: true });
  const modules = join(packedForAuthors(), "node_modules");
  symlinkSync(modules, join(folder, "node_modules"));
  const base = { PATH: `${ownPython}:${process.env["PATH"]}:/usr/sbin`, HOME: folder, NODE_COMPILE_CACHE: compiled };
  const all = { ...base, ROTATE_STATE_DIR: join(folder, "state"), ...env };
  async function rotate(...argv: readonly string[]): Promise<Result> {
    const child = spawn(process.execPath, [join(modules, "@rotate/cli/bin/rotate.js"), ...argv], {
      cwd: folder,
      env: all,
    });
    child.stdin.end();
    return resultOf(child);
  }
  return { at: (name) => join(folder, name), rotate };
}

/** The spec of its README, whose plugin lies one folder below. */
function specOf({ at }: Place, example: string): string {
  const readme = readFileSync(at(`${example}/README.md`), "utf8");
  return (/```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "").replace(/^plugins: .*\n/m, "");
}

async function expectAllKept({ rotate }: Place, path: string): Promise<void> {
  const tested = await rotate("plugin", "test", path);
  expect(tested.stdout).not.toContain("BROKEN");
  expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining("promises kept") });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.skipIf(!has("python3") || !has("redis-server"))(
  "redis-acl: a user of a real Redis, minted, used, revoked",
  async () => {
    const password = "password-of-the-manager";
    const place = placeOf("redis-acl", { REDIS_ADMIN_PASSWORD: password });
    await expectAllKept(place, "redis-acl");

    const port = await freePort();
    const server = spawn("redis-server", ["-"], { stdio: ["pipe", "ignore", "inherit"] });
    onTestFinished(() => void server.kill("SIGKILL"));
    server.stdin.end(
      `port ${port}\nbind 127.0.0.1\nsave ""\ndir ${place.at(".")}\nuser default on >${password} ~* &* +@all\n`,
    );
    function redis(user: string, secret: string, ...words: readonly string[]): string {
      const env = { ...process.env, REDISCLI_AUTH: secret };
      const argv = ["-h", "127.0.0.1", "-p", String(port), "--user", user, "--no-auth-warning", ...words];
      return execFileSync("redis-cli", argv, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
    }
    await vi.waitFor(() => expect(redis("default", password, "PING")).toBe("PONG"), { timeout: 30_000 });
    redis("default", password, "SET", "app:greeting", "hello");

    writeFileSync(place.at("rotate.yaml"), specOf(place, "redis-acl").replace("port: 6379", `port: ${port}`));
    expect(await place.rotate("plugin", "add", "./redis-acl/redis-acl.py", "--yes")).toMatchObject({ code: 0 });
    expect(await place.rotate("run")).toMatchObject({ code: 0 });
    const env = Object.fromEntries(
      readFileSync(place.at(".env"), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split("=", 2) as [string, string]),
    );
    const { REDIS_USER: user = "", REDIS_PASSWORD: secret = "" } = env;
    expect(redis(user, secret, "GET", "app:greeting")).toBe("hello");
    expect(redis(user, secret, "SET", "app:greeting", "bye")).toContain("NOPERM");
    expect(await place.rotate("revoke", "cache", "--yes")).toMatchObject({ code: 0 });
    expect(redis("default", password, "ACL", "USERS")).toBe("default");
  },
);

test.skipIf(!has("python3") || !existsSync("/usr/sbin/nginx"))(
  "nginx: a real one serves the new credential, and is left alone when its configuration has a fault",
  async () => {
    const place = placeOf("nginx");
    await expectAllKept(place, "nginx");

    const config = place.at("nginx.conf");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${place.at(name)};`,
    );
    writeFileSync(place.at("token.conf"), 'return 200 "before";\n');
    writeFileSync(
      config,
      `pid ${place.at("nginx.pid")}; error_log ${place.at("error.log")} notice; events {}
http { access_log off; ${temporary.join(" ")} server { listen unix:${place.at("socket")}; location / { include ${place.at("token.conf")}; } } }\n`,
    );
    const server = spawn("/usr/sbin/nginx", ["-c", config, "-g", "daemon off;"], { stdio: "ignore" });
    onTestFinished(() => void server.kill("SIGTERM"));
    const served = () =>
      new Promise<string>((resolve, reject) => {
        get({ socketPath: place.at("socket"), agent: false }, (answer) => void text(answer).then(resolve, reject)).on(
          "error",
          reject,
        );
      });
    await vi.waitFor(async () => expect(await served()).toBe("before"), { timeout: 30_000 });

    const spec = specOf(place, "nginx")
      .replace(/content: '.*'/, `content: 'return 200 "{{ token }}";'`)
      .replace("/etc/nginx/nginx.conf", config);
    writeFileSync(place.at("rotate.yaml"), spec);
    expect(await place.rotate("plugin", "add", "./nginx/nginx.py", "--yes")).toMatchObject({ code: 0 });
    expect(await place.rotate("run")).toMatchObject({ code: 0 });
    const first = await served();
    expect(first).toMatch(/^ey/);

    const sound = readFileSync(config, "utf8");
    writeFileSync(config, `${sound}no such directive;\n`);
    expect(await place.rotate("run", "--force")).toMatchObject({ code: 1 });
    expect(await served()).toBe(first);
    writeFileSync(config, sound);
    expect(await place.rotate("run", "--force")).toMatchObject({ code: 0 });
    expect(await served()).not.toBe(first);
  },
);

test("nomad-variable: a package that writes by check-and-set", async () => {
  const stage = await nomadHarness.start();
  onTestFinished(() => stage.close());
  const place = placeOf("nomad-variable", { NOMAD_ADDR: stage.way.url, NOMAD_TOKEN: stage.secrets[0] ?? "" });
  await expectAllKept(place, "nomad-variable");

  stage.nomad.set({ other: "of somebody else" });
  writeFileSync(place.at("rotate.yaml"), specOf(place, "nomad-variable"));
  const added = await place.rotate("plugin", "add", "./nomad-variable", "--yes");
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining("sink nomad-variable") });
  expect(await place.rotate("run")).toMatchObject({ code: 0 });
  expect(stage.nomad.items()).toEqual({ other: "of somebody else", password: expect.stringMatching(/^ey/) });
});
