/** Credential helpers, called by the programs that they are for. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, listen } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { packedCommandLine } from "../support/packed.ts";
import { ask, folderWith } from "./support.ts";

const ends = new Date(Date.now() + 3_600_000);
const spec = (fields: object, more = ""): string => `version: 1
name: test
providers:
  issuer: { type: exec, command: [/bin/sh, -c, "echo mint >> mints; cat answer.json"], cwd: . }
rotations:
  git:
    provider: issuer
    request: { format: json, fields: ${JSON.stringify(fields)}, expires: { pointer: /expiresAt } }
    cache: true
    sinks: [{ type: env, values: { TOKEN: "{{ token }}" } }]
    ${more}
`;

function folder(answer: Readonly<Record<string, string>>): string {
  const fields = Object.fromEntries(Object.keys(answer).map((name) => [name, { secret: name !== "username" }]));
  return folderWith({
    "answer.json": JSON.stringify({ ...answer, expiresAt: ends.toISOString() }),
    "rotate.yaml": spec(fields),
  });
}

/** A script as people put it on the PATH. */
function script(at: string, name: string, line: string): string {
  const bin = join(at, "bin");
  mkdirSync(bin, { recursive: true });
  const { entry } = packedCommandLine();
  const program = `#!/bin/sh\nexport ROTATE_STATE_DIR=${at}/state\nexec ${process.execPath} ${entry} ${line} "$@"\n`;
  writeFileSync(join(bin, name), program);
  chmodSync(join(bin, name), 0o755);
  return bin;
}

const git = findProgram("git");
test.skipIf(git === undefined)("git takes the token over TLS for the one host, and asks on for every other", () => {
  const at = folder({ token: "token-of-some-length" });
  const bin = script(at, "helper", `credential git -f ${at}/rotate.yaml --format git --host git.example.com`);
  function fill(question: string) {
    const env = { PATH: process.env["PATH"], HOME: at, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" };
    const argv = ["-c", `credential.helper=${bin}/helper`, "credential", "fill"];
    return spawnSync(git ?? "", argv, { env, input: `${question}\n\n`, encoding: "utf8" });
  }
  const { stdout, stderr } = fill("protocol=https\nhost=git.example.com");
  expect(stderr).toBe("");
  expect(stdout).toContain("username=x-access-token\npassword=token-of-some-length\n");
  for (const other of ["protocol=https\nhost=evil.example.com", "protocol=http\nhost=git.example.com"]) {
    const { stdout: said, stderr: words } = fill(other);
    expect(said).not.toContain("token-of");
    expect(words).toContain("could not read Username");
  }
});

test("git is told when it ends, and a token that a server refused is minted anew, not within its first minute", async () => {
  const at = folder({ token: "token-of-some-length" });
  const flags = ["--format", "git", "--host", "git.example.com"];
  const https = "protocol=https\nhost=git.example.com\n";
  const { stdout } = await ask(at, ["git", "get", ...flags], {}, https);
  expect(stdout).toBe(
    `username=x-access-token\npassword=token-of-some-length\npassword_expiry_utc=${Math.floor(ends.getTime() / 1000)}\n`,
  );
  const refused = await ask(at, ["git", "erase", ...flags], {}, `${https}password=token-of-some-length\n`);
  expect(refused).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(readFileSync(join(at, "mints"), "utf8")).toBe("mint\n");
});

test("docker's protocol: get, list, store, erase, and its own words for a registry that is not ours", async () => {
  const at = folder({ username: "AWS", password: "password-of-some-length", token: "other-secret-text" });
  const flags = ["--format", "docker", "--host", "registry.example.com", "--field", "password"];
  const get = await ask(at, ["git", "get", ...flags], {}, "https://registry.example.com/v2/\n");
  expect(JSON.parse(get.stdout)).toEqual({
    ServerURL: "registry.example.com",
    Username: "AWS",
    Secret: "password-of-some-length",
  });
  expect(await ask(at, ["git", "get", ...flags], {}, "other.example.com")).toEqual({
    code: 1,
    stdout: "credentials not found in native keychain\n",
    stderr: "",
  });
  const list = await ask(at, ["git", "list", ...flags, "--user", "AWS"], {}, "");
  expect(JSON.parse(list.stdout)).toEqual({ "registry.example.com": "AWS" });
  for (const action of ["store", "erase"])
    expect(await ask(at, ["git", action, ...flags], {}, "{}")).toEqual({ code: 0, stdout: "", stderr: "" });
});

const docker = findProgram("docker");
const isDocker =
  docker !== undefined && spawnSync(docker, ["--version"], { encoding: "utf8" }).stdout.startsWith("Docker version");
test.skipIf(!isDocker)("docker itself logs in at a registry with what the helper says", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization ?? "nobody");
    const known = request.headers.authorization !== undefined;
    response.writeHead(known ? 404 : 401, { "www-authenticate": 'Basic realm="test"' }).end("{}");
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const at = folder({ username: "AWS", password: "password-of-some-length", token: "other-secret-text" });
  const host = `127.0.0.1:${port}`;
  const line = `credential git -f ${at}/rotate.yaml --format docker --host ${host} --field password`;
  const bin = script(at, "docker-credential-rotate-git", line);
  mkdirSync(join(at, "docker"));
  writeFileSync(join(at, "docker/config.json"), JSON.stringify({ credHelpers: { [host]: "rotate-git" } }));
  const env = { PATH: `${bin}:${process.env["PATH"]}`, HOME: at, DOCKER_CONFIG: join(at, "docker") };
  const asking = spawn(docker ?? "", ["manifest", "inspect", "--insecure", `${host}/app:1`], { env, stdio: "ignore" });
  await once(asking, "exit");
  expect(seen).toContain(`Basic ${Buffer.from("AWS:password-of-some-length").toString("base64")}`);
});

test("pgpass is one line, with colons and backslashes as libpq wants them", async () => {
  const at = folder({ username: "app", password: String.raw`pass:word\of some length`, token: "other-secret-text" });
  const { stdout } = await ask(at, ["git", "--format", "pgpass", "--host", "db.example.com", "--field", "password"]);
  expect(stdout).toBe(String.raw`db.example.com:*:*:app:pass\:word\\of some length` + "\n");
});

test("who does not say which server it is for is given nothing", async () => {
  const at = folder({ token: "token-of-some-length" });
  const { code, stderr } = await ask(at, ["git", "--format", "git"], {}, "");
  expect([code, existsSync(join(at, "mints"))]).toEqual([2, false]);
  expect(stderr).toContain("needs --host");
});
