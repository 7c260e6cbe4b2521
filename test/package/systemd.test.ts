/** Units as systemd itself judges them, and what a daemon tells it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compiled } from "../support/compiled.ts";
import { packedCommandLine } from "../support/packed.ts";

const { entry } = packedCommandLine();

function isThere(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

interface Desk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly rotate: (...argv: readonly string[]) => {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
}

function deskOf(more = ""): Desk {
  const folder = mkdtempSync(join(tmpdir(), "rotate-systemd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  writeFileSync(
    join(folder, "rotate.yaml"),
    `version: 1
name: shop
providers: { own: { type: jwt, issuer: "https://issuer.example", key: { path: key.pem } } }
rotations:
  app:
    provider: own
    request: { subject: app, audience: [api] }
    sinks: [{ type: dotenv, path: /srv/shop/.env, values: { TOKEN: "{{ token }}" } }]
${more}`,
  );
  const env = {
    HOME: folder,
    PATH: process.env["PATH"] ?? "",
    ROTATE_STATE_DIR: join(folder, "state"),
    NODE_COMPILE_CACHE: compiled,
  };
  return {
    folder,
    env,
    rotate: (...argv) => spawnSync(process.execPath, [entry, ...argv], { cwd: folder, env, encoding: "utf8" }),
  };
}

/** Of a unit, by systemd: 0 is closed, 10 is open. */
function exposureOf(path: string): number {
  const { stdout } = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", path], {
    encoding: "utf8",
  });
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? NaN);
}

test.skipIf(!isThere("systemd-analyze"))(
  "units are what systemd takes, closed but for what the spec needs (needs systemd-analyze)",
  () => {
    const { folder, rotate } = deskOf(`notify:
  - { type: http, url: { env: ALERT_WEBHOOK }, secret: { credential: webhook } }
`);
    const made = rotate("systemd", "install", "--directory", ".", "--user", "games", "--listen", "127.0.0.1:9465");
    expect([made.status, made.stderr, made.stdout]).toEqual([
      0,
      "",
      expect.stringContaining("systemctl enable --now rotate.service"),
    ]);
    expect(rotate("systemd", "install", "--directory", ".", "--name", "by-timer", "--timer", "5m").status).toBe(0);
    const service = readFileSync(join(folder, "rotate.service"), "utf8");
    expect(service).toMatch(/^ExecStart=\S*node --max-semi-space-size=8 \S+rotate\.js watch -f /m);
    for (const line of [
      "ReadWritePaths=-/srv/shop",
      "LoadCredential=webhook:/etc/rotate/webhook",
      "EnvironmentFile=/etc/rotate/rotate.env",
      "Type=notify",
      "CapabilityBoundingSet=",
    ])
      expect(service.split("\n")).toContain(line);
    const units = ["rotate.service", "by-timer.service", "by-timer.timer"].map((name) => join(folder, name));
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(exposureOf(units[0] ?? "")).toBeLessThanOrEqual(2);
    expect(exposureOf(units[1] ?? "")).toBeLessThanOrEqual(3);
  },
);

test("install writes over its own units and over no others", () => {
  const { folder, rotate } = deskOf();
  expect(rotate("systemd", "install", "--directory", ".").status).toBe(0);
  expect(rotate("systemd", "install", "--directory", ".", "--user", "games").status).toBe(0);
  expect(readFileSync(join(folder, "rotate.service"), "utf8")).toContain("User=games");
  writeFileSync(join(folder, "mine.service"), "[Service]\n");
  const refused = rotate("systemd", "install", "--directory", ".", "--name", "mine", "--timer", "5m");
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("was not made by rotate")]);
  expect(existsSync(join(folder, "mine.timer"))).toBe(false);
});

/** Listens as systemd does, and closes what it is sent: `systemd-notify` waits for that. */
const listener = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 8192, 8)
    for fd in fds: os.close(fd)
    for line in data.decode().splitlines(): print(line, flush=True)
`;

interface Heard {
  readonly lines: () => readonly string[];
  readonly hears: (beginning: string) => Promise<void>;
}

function listenAt(socket: string): Heard {
  const child: ChildProcess = spawn("python3", ["-c", listener, socket], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  let said = "";
  const waiting = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    for (const look of waiting) look();
  });
  const lines = (): readonly string[] => said.split("\n");
  return {
    lines,
    hears: (beginning) =>
      new Promise((resolve) => {
        function look(): void {
          if (!lines().some((line) => line.startsWith(beginning))) return;
          waiting.delete(look);
          resolve();
        }
        waiting.add(look);
        look();
      }),
  };
}

const deaf = ["systemd-notify", "python3"].filter((program) => !isThere(program));

test.skipIf(deaf.length > 0)(
  `a daemon tells its unit that it is ready, how things stand, that it lives, and that it ends (needs ${deaf.join(", ") || "nothing"})`,
  async () => {
    const { folder, env } = deskOf();
    writeFileSync(
      join(folder, "rotate.yaml"),
      readFileSync(join(folder, "rotate.yaml"), "utf8").replace("/srv/shop/.env", ".env"),
    );
    const socket = join(folder, "notify");
    const { hears, lines } = listenAt(socket);
    await hears("listening");
    const daemon = spawn(process.execPath, [entry, "watch", "--log-level", "error"], {
      cwd: folder,
      env: { ...env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "1000000" },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    await hears("READY=1");
    await hears("STATUS=app is fresh, ");
    await hears("WATCHDOG=1");
    daemon.kill("SIGTERM");
    await hears("STOPPING=1");
    expect(await ended).toBe(0);
    expect(lines().findIndex((line) => line === "READY=1")).toBeLessThan(
      lines().findIndex((line) => line === "WATCHDOG=1"),
    );
  },
);
