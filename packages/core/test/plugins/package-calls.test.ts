/** What the child of a package may ask of the engine, and what becomes of what it keeps. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RotateError, Secret, type LoggedIn, type Plugin } from "@rotate/plugin-kit";
import { expect, onTestFinished, test } from "vitest";
import {
  approvedIn,
  manifest,
  mintWith,
  pluginName,
  projectWith,
  providerPackage,
  writeFiles,
} from "./package-support.ts";
import { contextOf, runtimeWith } from "./support.ts";

async function serverWith(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function pluginThat(mint: string, more: object = {}, runtime = runtimeWith()): Promise<Plugin> {
  const folder = projectWith({ [pluginName]: providerPackage(mint, more) });
  return approvedIn(folder, runtime);
}

const fetched = `const answer = await ctx.http(ctx.options.url, init);
  return { ...minted, handle: { status: answer.status, text: answer.text() } };`;

test("a request goes out from the engine to the host that an option names, with what it carries", async () => {
  const url = await serverWith((request, response) => {
    response.setHeader("x-one", "1");
    response.end(`${request.method} ${request.headers.authorization}`);
  });
  const plugin = await pluginThat(
    `const init = { method: "PUT", bearer: await ctx.resolve(ctx.options.key), json: { a: 1 } }; ${fetched}`,
    {
      needs: { hosts: ["{url}"] },
    },
  );
  const key = new Secret("a-secret-key");
  const ctx = { ...contextOf(runtimeWith()), options: { url, key } };
  const { handle } = await plugin.providers[0]!.mint({}, ctx);
  expect(handle).toEqual({ status: 200, text: "PUT Bearer a-secret-key" });
});

test.each<readonly [string, string, object, RegExp]>([
  ["a host that was not declared", "{}", { hosts: ["api.acme.com"] }, /may not speak to 127\.0\.0\.1:\d+/],
  ["a socket", `{ socketPath: "/run/docker.sock" }`, { hosts: ["{url}"] }, /cannot choose `socketPath`/],
  ["a proxy of its own", `{ proxy: "http://127.0.0.1:1" }`, { hosts: ["{url}"] }, /cannot choose `proxy`/],
])("a request to %s is refused, and nothing was sent", async (_, init, needs, message) => {
  let asked = 0;
  const url = await serverWith((_request, response) => {
    asked += 1;
    response.end("{}");
  });
  const plugin = await pluginThat(`const init = ${init}; ${fetched}`, { needs });
  await expect(mintWith(plugin, { options: { url } })).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(message),
  });
  expect(asked).toBe(0);
});

test("a declared host that is a metadata service is refused all the same", async () => {
  const plugin = await pluginThat(`const init = {}; ${fetched}`, { needs: { hosts: ["{url}"] } });
  await expect(mintWith(plugin, { options: { url: "http://169.254.169.254/latest" } })).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(/link-local or metadata/),
  });
});

test("a redirect to a host that was not declared is an answer, not a request", async () => {
  const secret = await serverWith((_, response) => void response.end("never"));
  const url = await serverWith((_, response) => void response.writeHead(302, { location: secret }).end("elsewhere"));
  const plugin = await pluginThat(`const init = {}; ${fetched}`, { needs: { hosts: ["{url}"] } });
  expect((await mintWith(plugin, { options: { url } })).handle).toEqual({ status: 302, text: "elsewhere" });
});

test.each<readonly [string, object, string]>([
  ["a command that was not declared", {}, `await ctx.exec(["id"]); return minted;`],
  ["a file that no option names", {}, `await ctx.readFile("/etc/hostname"); return minted;`],
  [
    "a file above one that an option names",
    {},
    `await ctx.readFile(ctx.options.file + "/../../passwd"); return minted;`,
  ],
])("%s is refused", async (_, needs, mint) => {
  const plugin = await pluginThat(mint, { needs });
  await expect(mintWith(plugin, { options: { file: "/etc/hosts.d" } })).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringMatching(/may not (run|read)/),
  });
});

test("what was declared is done: a command, a variable, a file that an option names, a login that is kept", async () => {
  const plugin = await pluginThat(
    `const { exitCode, stdout } = await ctx.exec(["printf", "said"]);
    return { ...minted, handle: { exitCode, stdout, region: ctx.env.ACME_REGION, home: ctx.env.HOME ?? null, all: Object.keys(process.env), text: await ctx.readFile(ctx.options.file) } };`,
    { needs: { commands: ["printf"], env: ["ACME_REGION"] } },
  );
  const folder = projectWith({});
  writeFileSync(join(folder, "token"), "from a file");
  const ctx = {
    ...contextOf(runtimeWith()),
    options: { file: join(folder, "token") },
    env: { ACME_REGION: "eu", HOME: "/h" },
  };
  const { handle } = await plugin.providers[0]!.mint({}, ctx);
  expect(handle).toEqual({ exitCode: 0, stdout: "said", region: "eu", home: null, all: [], text: "from a file" });
});

test("a secret is masked in all that the child writes, from the moment it has it", async () => {
  const lines: string[] = [];
  const plugin = await pluginThat(
    `const token = ctx.secret("canary-0123456789", "token");
    console.log("printed", token.reveal()); console.error("complained", token.reveal()); ctx.log.warn("logged", { token: token.reveal() });
    throw new RotateError("broken " + token.reveal(), { code: "DENIED", retryable: false });`,
    {},
    runtimeWith(lines),
  );
  const runtime = runtimeWith(lines);
  await expect(mintWith(plugin, { runtime })).rejects.toMatchObject({ code: "DENIED" });
  await expect.poll(() => lines.join("")).toContain("complained");
  expect(lines.join("")).toMatch(/logged[\s\S]*printed/);
  expect(lines.join("")).not.toContain("canary-0123456789");
});

test("calls overlap in one child, and one that hangs takes no other with it", async () => {
  const plugin = await pluginThat(
    `if (ctx.options.url === "hang") await ctx.sleep(60_000);
    return { ...minted, handle: { pid: process.pid } };`,
  );
  const { handle } = await mintWith(plugin);
  const hanging = plugin.providers[0]!.mint(
    {},
    { ...contextOf(runtimeWith(), { limit: 1500 }), options: { url: "hang" } },
  );
  const failed = hanging.catch((error: unknown) => error);
  expect((await mintWith(plugin)).handle).toEqual(handle);
  expect(await failed).toMatchObject({ retryable: true });
  expect((await mintWith(plugin)).handle).toEqual(handle);
});

const sink = {
  "package.json": manifest(pluginName),
  "index.js": `import { definePlugin, defineSink } from "@rotate/plugin-kit";
export default definePlugin({ needs: { hosts: ["{url}"] }, sinks: [defineSink({
  type: "shelf",
  options: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
  keys: { pattern: "^[a-z]+$", description: "a name" },
  target: ({ url }) => url,
  async prepare(values, { http, options: { url } }) {
    const before = (await http(url)).text();
    const put = async (ctx, body) => { await ctx.http(url, { method: "PUT", body }); };
    return {
      changed: before !== values.a.reveal(),
      commit: (ctx) => values.a.reveal() === "die" ? process.abort() : put(ctx, values.a),
      undo: (ctx) => put(ctx, before),
    };
  },
})] });
`,
};

async function shelf(): Promise<{ readonly url: string; readonly held: () => string }> {
  let held = "old";
  const url = await serverWith((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.method === "PUT") held = body;
      response.end(held);
    });
  });
  return { url, held: () => held };
}

function contextWith(url: string): LoggedIn {
  return { ...contextOf(runtimeWith()), options: { url } };
}

/** Ends the child as a crash does, and waits until that is known. */
async function crash(plugin: Plugin, url: string): Promise<void> {
  const doomed = await plugin.sinks[0]!.prepare({ a: new Secret("die") }, contextWith(url));
  await expect(doomed.commit(contextWith(url))).rejects.toMatchObject({ noEffect: false });
}

test("what was prepared is committed, undone and released by the child that keeps it", async () => {
  const { url, held } = await shelf();
  const { sinks } = await approvedIn(projectWith({ [pluginName]: sink }));
  const prepared = await sinks[0]!.prepare({ a: new Secret("new") }, contextWith(url));
  expect(prepared).toMatchObject({ changed: true, undo: expect.any(Function), release: expect.any(Function) });
  await prepared.commit(contextWith(url));
  expect(held()).toBe("new");
  await prepared.undo?.(contextWith(url));
  expect(held()).toBe("old");
  prepared.release?.();
  await expect(prepared.commit(contextWith(url))).rejects.toMatchObject({ code: "UNAVAILABLE", noEffect: true });
});

test("a child that dies after prepare has written nothing: it is prepared again, and there is nothing to undo", async () => {
  const { url, held } = await shelf();
  const plugin = await approvedIn(projectWith({ [pluginName]: sink }));
  const prepared = await plugin.sinks[0]!.prepare({ a: new Secret("new") }, contextWith(url));
  await crash(plugin, url);
  await expect(prepared.commit(contextWith(url))).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
  });
  await prepared.undo?.(contextWith(url));
  const again = await plugin.sinks[0]!.prepare({ a: new Secret("new") }, contextWith(url));
  await again.commit(contextWith(url));
  expect(held()).toBe("new");
});

test("a child that dies between commit and undo cannot undo, and says so", async () => {
  const { url, held } = await shelf();
  const plugin = await approvedIn(projectWith({ [pluginName]: sink }));
  const prepared = await plugin.sinks[0]!.prepare({ a: new Secret("new") }, contextWith(url));
  await prepared.commit(contextWith(url));
  await crash(plugin, url);
  await expect(prepared.undo?.(contextWith(url))).rejects.toMatchObject({
    code: "FAILED",
    message: expect.stringMatching(/could not be undone/),
  });
  expect(held()).toBe("new");
});

/** As pnpm lays packages out: real folders in a store, links between them. */
function pnpmProject(): string {
  const folder = projectWith({});
  const store = join(folder, "node_modules/.pnpm");
  const files = providerPackage("return { ...minted, handle: { hi } };", {
    before: `import { hi } from "@scope/tiny";`,
    more: { dependencies: { "@scope/tiny": "1" } },
  });
  writeFiles(join(store, "acme@1/node_modules", pluginName), files);
  writeFiles(join(store, "tiny@1/node_modules/@scope/tiny"), tiny);
  mkdirSync(join(store, "acme@1/node_modules/@scope"), { recursive: true });
  symlinkSync("../../../tiny@1/node_modules/@scope/tiny", join(store, "acme@1/node_modules/@scope/tiny"));
  symlinkSync(`.pnpm/acme@1/node_modules/${pluginName}`, join(folder, "node_modules", pluginName));
  return folder;
}
const tiny = {
  "package.json": manifest("@scope/tiny", { main: "x.js", dependencies: { deep: "1" } }),
  "index.js": `export const hi = "hi";`,
};

test("npm, pnpm and a workspace give one hash, and each of them runs", async () => {
  const plain = manifest("@scope/tiny", { main: "x.js" });
  const files = providerPackage("return { ...minted, handle: { hi } };", {
    before: `import { hi } from "@scope/tiny";`,
    more: { dependencies: { "@scope/tiny": "1" } },
  });
  const dependency = { ...tiny, "package.json": plain };
  const npm = projectWith({ [pluginName]: files, "@scope/tiny": dependency });
  const pnpm = pnpmProject();
  writeFiles(join(pnpm, "node_modules/.pnpm/tiny@1/node_modules/@scope/tiny"), { "package.json": plain });
  const workspace = projectWith({ "@scope/tiny": dependency });
  writeFiles(join(workspace, "packages/acme"), files);
  symlinkSync("../packages/acme", join(workspace, "node_modules", pluginName));
  const hashes = [];
  for (const folder of [npm, pnpm, workspace]) {
    expect((await mintWith(await approvedIn(folder))).handle).toEqual({ hi: "hi" });
    const lock = JSON.parse(readFileSync(join(folder, "rotate.lock"), "utf8")) as {
      readonly plugins: Readonly<Record<string, { readonly integrity: string }>>;
    };
    hashes.push(lock.plugins[pluginName]?.integrity);
  }
  expect(new Set(hashes).size).toBe(1);
});

test("of many requests at once 64 are open, and each is answered", async () => {
  let [open, most] = [0, 0];
  const waiting: (() => void)[] = [];
  const url = await serverWith((_request, response) => {
    most = Math.max(most, ++open);
    waiting.push(() => {
      open -= 1;
      response.end("{}");
    });
    // The 64 are let go when all are there, the rest one by one.
    if (most === 64) for (const answer of waiting.splice(0)) answer();
  });
  const plugin = await pluginThat(
    `const answers = await Promise.all(Array.from({ length: 200 }, () => ctx.http(ctx.options.url)));
    return { ...minted, handle: { answers: answers.filter(({ status }) => status === 200).length } };`,
    { needs: { hosts: ["{url}"] } },
  );
  expect(await mintWith(plugin, { options: { url } })).toMatchObject({ handle: { answers: 200 } });
  expect(most).toBe(64);
});

test("a fault that only a person can mend is one in the child, too", async () => {
  const runtime = runtimeWith();
  const person = new RotateError("sign in again", { code: "DENIED", retryable: false, person: true, hint: "sign in" });
  const plugin = await pluginThat(
    `const error = await ctx.http(ctx.options.url).catch((error) => error);
    return { ...minted, handle: { person: error.person } };`,
    { needs: { hosts: ["{url}"] } },
  );
  const http = () => Promise.reject(person);
  const ctx = { ...contextOf(runtime), http, options: { url: "https://acme.example" } };
  expect(await plugin.providers[0]!.mint({}, ctx)).toMatchObject({ handle: { person: true } });
});
