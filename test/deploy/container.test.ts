/** The executable and the container: one file on a root without Node, without a shell, as a user whom nobody knows. */
import { spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "@rotate/doubles";
import { daemonFlags } from "../../packages/cli/src/daemon-flags.ts";
import { definition, executableIn, lacking, layOutContainer, stop, type Container } from "./container.ts";

const { entrypoint, command, health } = definition();
const spec = `version: 1
name: container
providers:
  local: { type: jwt, issuer: https://issuer.example, key: { path: /var/lib/rotate/signing-key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, ttl: 15m }
    sinks: [{ type: dotenv, path: /var/lib/rotate/.env, values: { TOKEN: "{{ token }}" } }]
`;

let folder = "";
let executable = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rotate-executable-"));
  executable = executableIn(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function said(...argv: readonly string[]) {
  return spawnSync(executable, argv, { cwd: folder, env: { HOME: folder }, encoding: "utf8" });
}

test("the executable is the command line: help, texts and schemas are in it", () => {
  expect(said("--version").stdout).toMatch(/^@rotate\/cli\/\d/);
  expect(said("explain", "ROTATE_MINT_DENIED").stdout).toMatch(/permission/);
  expect(said("run", "--help").stdout).toContain("$ rotate run");
  expect(said("statsu")).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean "status"') });
});

test("the executable is started with the flag that bounds what was made last, as the unit is", () => {
  const file = join(folder, "flags.cjs");
  writeFileSync(file, "process.stdout.write(process.execArgv.join(' ') + '\\n')");
  const env = { HOME: folder, NODE_OPTIONS: `--require ${file}` };
  const { stdout } = spawnSync(executable, ["--version"], { cwd: folder, env, encoding: "utf8" });
  expect(stdout.split("\n")[0]).toContain(daemonFlags.join(" "));
});

function layOut(): Container {
  const container = layOutContainer(executable, spec);
  onTestFinished(() => container.remove());
  return container;
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output };
}

const why = lacking === undefined ? "" : ` (${lacking})`;

test.skipIf(lacking)(`the image holds the executable and its libraries, and no other program${why}`, () => {
  const { root } = layOut();
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  const programs = files.filter((name) => !/^lib.*\.so(\.\d+)*$/.test(name) && !name.startsWith("etc/rotate/"));
  expect(programs).toEqual([entrypoint[0]?.slice(1)]);
});

test.skipIf(lacking)(`on a read-only root, as a user without a name, it rotates and finds it fresh${why}`, async () => {
  const container = layOut();
  const run = () => ended(container.start([...entrypoint, "run", "--file", "/etc/rotate/rotate.yaml"]));
  expect(await run()).toMatchObject({ code: 0, output: expect.stringMatching(/^app {2}rotated/m) });
  expect(await run()).toMatchObject({ code: 0, output: expect.stringMatching(/fresh/) });
  const state = join(container.root, "var/lib/rotate");
  expect(readFileSync(join(state, ".env"), "utf8")).toMatch(/^TOKEN=ey/);
  expect(statSync(join(state, ".env"))).toMatchObject({ uid: 65_532, mode: 0o100_600 });
});

test.skipIf(lacking)(
  `its own command runs until it is told to end, and its health check says that it lives${why}`,
  async () => {
    const container = layOut();
    const port = `${await freePort()}`;
    const with9466 = (words: readonly string[]) => words.map((word) => word.replace("9466", port));
    const watch = container.start([...entrypoint, ...with9466(command)]);
    const end = ended(watch);
    await new Promise<void>((resolve) => {
      watch.stderr?.on("data", (chunk: Buffer) => /startupz are at/.test(chunk.toString()) && resolve());
      void end.then(() => resolve());
    });
    expect(await ended(container.start(with9466(health)))).toMatchObject({
      code: 0,
      output: expect.stringMatching(/is alive/),
    });
    stop(watch);
    const { code, output } = await end;
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(await ended(container.start(with9466(health)))).toMatchObject({ code: 1 });
  },
);

test.skipIf(lacking)(`a newcomer gets a first spec there, and its first credential${why}`, async () => {
  const container = layOut();
  const place = "/var/lib/rotate";
  const rotate = (...words: readonly string[]) =>
    ended(container.start([...entrypoint, ...words, "--file", `${place}/rotate.yaml`]));
  const chosen = ["--consumer", "dotenv", "--issuer", "jwt", "--reload", "none"];
  expect(await rotate("init", "--yes", ...chosen)).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^next {2}/m),
  });
  expect(readFileSync(join(container.root, place, "rotate.yaml"), "utf8")).not.toContain("$schema");
  expect(await rotate("validate")).toMatchObject({ code: 0 });
  expect(await rotate("run")).toMatchObject({ code: 0, output: expect.stringMatching(/^app {2}rotated/m) });
  expect(readFileSync(join(container.root, place, ".env"), "utf8")).toMatch(/^APP_TOKEN=ey/);
  expect(await rotate("doctor", "--ignore", "ROTATE_RISK_NODE")).toMatchObject({ code: 0 });
});
