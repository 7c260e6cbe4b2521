import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, resultOf, rotate, said, start, type Result } from "./support.ts";

const packageFolder = join(import.meta.dirname, "..");

const spec = `version: 1
providers:
  local: { type: jwt, issuer: https://issuer.example, key: { path: key.pem } }
rotations:
  app:
    provider: local
    request: { subject: app, ttl: 15m }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
`;

/** A Node of this machine that is too old to run the sources; undefined when there is none. */
function oldNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return folders
    .map((folder) => join(folder, "node"))
    .filter((path) => existsSync(path))
    .find((path) => /^v(1\d|20|21)\./.test(execFileSync(path, ["--version"], { encoding: "utf8" })));
}

test("what it creates is for its user alone", async () => {
  const cwd = folderWith({ "rotate.yaml": spec });
  expect((await rotate(["run"], { cwd, env: { NODE_COMPILE_CACHE: undefined } })).code).toBe(0);
  for (const name of ["key.pem", ".env", "state", ".cache/rotate"]) {
    expect([name, statSync(join(cwd, name)).mode & 0o077]).toEqual([name, 0]);
  }
});

test("compiled code is not kept in a folder that others can write", async () => {
  const cwd = folderWith({});
  const shared = join(cwd, "shared");
  execFileSync("mkdir", ["-p", "-m", "0777", join(shared, "rotate")]);
  execFileSync("chmod", ["0777", join(shared, "rotate")]);
  expect((await rotate(["--help"], { cwd, env: { XDG_CACHE_HOME: shared, NODE_COMPILE_CACHE: undefined } })).code).toBe(
    0,
  );
  expect(readdirSync(join(shared, "rotate"))).toEqual([]);
});

test("a relative home is none: nothing is made below the current directory", async () => {
  const cwd = folderWith({});
  expect((await rotate(["--help"], { cwd, env: { HOME: "here", NODE_COMPILE_CACHE: undefined } })).code).toBe(0);
  expect(readdirSync(cwd)).toEqual([]);
});

describe("watch", () => {
  test("does not open the inspector at SIGUSR1, and drains at SIGTERM", async () => {
    const cwd = folderWith({ "rotate.yaml": spec });
    const child = start(["watch"], { cwd });
    const result = resultOf(child);
    await said(child, "app: rotated");
    child.kill("SIGUSR1");
    child.kill("SIGTERM");
    const { code, signal, stderr } = await result;
    expect({ code, signal }).toEqual({ code: 0, signal: undefined });
    expect(stderr).toContain("stopped: what had begun is finished");
    expect(stderr).not.toContain("Debugger");
  });

  test("logs one JSON object a line when asked to", async () => {
    const cwd = folderWith({ "rotate.yaml": spec });
    const child = start(["watch", "--log-format", "json"], { cwd });
    const result = resultOf(child);
    await said(child, '"event":"rotation-finished"');
    child.kill("SIGINT");
    const { code, stderr } = await result;
    expect(code).toBe(0);
    for (const line of stderr.trim().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), level: expect.any(String) });
    }
  });
});

describe("the Node that runs it", () => {
  const { engines } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    readonly engines: { readonly node: string };
  };

  /** What the entry says when it is run by a Node that says it is this version, in a package without sources. */
  function startedBy(version: string): Promise<Result> {
    const folder = folderWith({ "package.json": JSON.stringify({ type: "module", engines }) });
    mkdirSync(join(folder, "bin"));
    for (const name of ["rotate.js", "package.json"])
      copyFileSync(join(packageFolder, "bin", name), join(folder, "bin", name));
    writeFileSync(join(folder, "bin/main.js"), `console.log("started");\n`);
    const pretend = `data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "${version}" } })`;
    return resultOf(spawn(process.execPath, [`--import=${pretend}`, join(folder, "bin/rotate.js")]));
  }

  test.each(["22.22.2", "22.23.0", "24.15.0", "24.22.1", "26.0.0", "27.1.0", process.versions.node])(
    "may be %s",
    async (version) => {
      expect(await startedBy(version)).toMatchObject({ code: 0, stdout: "started\n" });
    },
  );

  test.each(["18.20.0", "20.20.2", "22.22.1", "23.11.1", "24.0.0", "24.14.9", "25.9.0"])(
    "may not be %s, as the package says itself",
    async (version) => {
      const { code, stdout, stderr } = await startedBy(version);
      expect({ code, stdout }).toEqual({ code: 70, stdout: "" });
      expect(stderr).toMatch(/^rotate needs Node \^22\.22\.2 or \^24\.15\.0 or >=26; this is v/);
    },
  );
});

describe("a checkout with a Node of the host that is too old", () => {
  const node = oldNode();
  const old = { program: join(packageFolder, "bin/rotate.js"), ...(node !== undefined && { node }) };

  test.skipIf(node === undefined)("runs under the pinned Node, with its exit code", async () => {
    const cwd = folderWith({});
    const { code, stdout } = await rotate(["--version"], { cwd, ...old });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`node-${process.version}`) });
    const missing = await rotate(["status"], { cwd, ...old });
    expect(missing.code).toBe(2);
  });

  test.skipIf(node === undefined)("passes signals on and ends as the command did", async () => {
    const cwd = folderWith({ "rotate.yaml": spec });
    const child = start(["watch"], { cwd, ...old });
    await said(child, "app: rotated");
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});
