import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpAnswer, type HttpInit, type RotateError, Secret } from "@rotate/plugin-kit";
import { afterEach, expect, test } from "vitest";
import { createRuntime, type RuntimeOptions } from "../src/create-runtime.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function listen(server: Server, path?: string): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

/** A server that writes exactly these bytes and then closes, or stays silent. */
async function serveRaw(bytes: string | undefined): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => (bytes === undefined ? undefined : socket.end(bytes)));
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

const never = new AbortController().signal;

function get(url: string, init: HttpInit = {}, options: RuntimeOptions = {}): Promise<HttpAnswer> {
  return createRuntime({ env: {}, ...options }).http(url, init, never);
}

async function failure(call: Promise<unknown>): Promise<RotateError> {
  try {
    await call;
  } catch (error) {
    return error as RotateError;
  }
  throw new Error("it did not fail");
}

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server that answers with what it was sent. */
function echo(): Promise<string> {
  return serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  });
}

async function send(init: HttpInit, path = "/"): Promise<Seen> {
  const answer = await get((await echo()) + path, init);
  return JSON.parse(answer.text()) as Seen;
}

test("sends JSON with the secrets in it revealed, at any depth", async () => {
  const seen = await send({ json: { a: [new Secret("s3cret!")], n: 1, none: undefined } });
  expect(seen).toMatchObject({ method: "POST", body: '{"a":["s3cret!"],"n":1}' });
  expect(seen.headers).toMatchObject({ "content-type": "application/json", "content-length": "23" });
});

test("sends forms, plain bodies, queries and headers, leaving out what is undefined", async () => {
  const form = await send({
    form: { grant: "x y", secret: new Secret("a&b"), no: undefined },
    query: { q: "1 2", no: undefined },
  });
  expect(form).toMatchObject({ method: "POST", url: "/?q=1+2", body: "grant=x+y&secret=a%26b" });
  expect(form.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  const body = await send({
    method: "PUT",
    body: new Secret("é"),
    headers: { "X-Token": new Secret("tok"), no: undefined },
  });
  expect(body).toMatchObject({ method: "PUT", body: "é" });
  expect(body.headers).toMatchObject({ "x-token": "tok", "content-length": "2" });
});

test("proves who it is by bearer, basic or the URL's own user", async () => {
  expect((await send({ bearer: new Secret("tok") })).headers["authorization"]).toBe("Bearer tok");
  const basic = await send({ basic: { username: "u", password: new Secret("p:ä") } });
  expect(basic.headers["authorization"]).toBe(`Basic ${Buffer.from("u:p:ä").toString("base64")}`);
  const url = (await echo()).replace("//", "//me:p%40ss@");
  expect((await get(url)).text()).toContain(`Basic ${Buffer.from("me:p@ss").toString("base64")}`);
});

test("masks every secret that it sent", async () => {
  const runtime = createRuntime({ env: {} });
  await runtime.http(await echo(), { basic: { username: "u", password: new Secret("pass-word") } }, never);
  expect(runtime.masker.mask(`got ${Buffer.from("u:pass-word").toString("base64")}`)).toContain("[secret]");
});

test("a redirect is an answer, not followed", async () => {
  const answer = await get(await serve((_q, r) => r.writeHead(307, { location: "http://127.0.0.1:1/" }).end()));
  expect(answer).toMatchObject({ status: 307, ok: false });
  expect(answer.headers.get("Location")).toBe("http://127.0.0.1:1/");
  expect(answer.headers.has("nothing")).toBe(false);
});

const token = {
  type: "object",
  properties: { token: { type: "string" }, life: { type: "integer", default: 60 } },
  required: ["token"],
} as const;

test("reads JSON by a schema, with its defaults, and keeps what the schema does not name", async () => {
  const answer = await get(await serve((_q, r) => r.end('{"token":"t","more":1}')));
  expect(answer.json(token)).toEqual({ token: "t", life: 60, more: 1 });
});

test("a wrong answer is described by its shape, never by its content", async () => {
  const answer = await get(await serve((_q, r) => r.end('{"tokn":"s3cr3t","0c1-a b":1,"list":[1],"nil":null}')));
  const error = await failure((async () => answer.json(token))());
  expect(error).toMatchObject({ code: "BAD_ANSWER", retryable: false });
  expect(error.message).toContain(
    "token was expected: to be there; got { tokn: string, …: number, list: array, nil: null }",
  );
  expect(error.message).not.toContain("s3cr3t");
  expect(answer.tryJson(token)).toBeUndefined();
});

test("a web page in place of JSON is recognised as one", async () => {
  const answer = await get(
    await serve((_q, r) => r.setHeader("content-type", "text/html; charset=utf-8").end("<p>s3cr3t")),
  );
  const error = await failure((async () => answer.json(token))());
  expect(error).toMatchObject({ code: "BAD_ANSWER", hint: expect.stringContaining("web page") as string });
  expect(error.message).toContain("(text/html, 9 bytes)");
});

test.each([
  ["Content-Length: 100\r\n\r\n", '{"token":"t"}'],
  ["Transfer-Encoding: chunked\r\n\r\n", 'd\r\n{"token":"t"}\r\n'],
])("an answer that is cut off is no answer (%#)", async (head, body) => {
  const error = await failure(get(await serveRaw(`HTTP/1.1 200 OK\r\n${head}${body}`)));
  expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
});

test("a text that only the end of the connection ends is not believed, a whole JSON object is", async () => {
  const text = await get(await serveRaw("HTTP/1.1 200 OK\r\n\r\nhalf-a-tok"));
  expect(() => text.text()).toThrow("does not say where it ends");
  const number = await get(await serveRaw("HTTP/1.1 200 OK\r\n\r\n12"));
  expect(() => number.json({ type: "integer" })).toThrow("does not say where it ends");
  const json = await get(await serveRaw('HTTP/1.1 200 OK\r\n\r\n{"token":"t"}'));
  expect(json.json(token).token).toBe("t");
});

test.each([true, false])("a body over 1 MiB is refused (announced: %s)", async (announced) => {
  const url = await serve((_q, r) => {
    if (!announced) r.flushHeaders();
    r.end(Buffer.alloc(1024 * 1024 + 1, "x"));
  });
  const error = await failure(get(url));
  expect(error.code).toBe("BAD_ANSWER");
  expect(error.message).toContain("larger than 1 MiB");
});

test("refuses a compressed answer and one that is not UTF-8", async () => {
  const zipped = await failure(get(await serve((_q, r) => r.setHeader("content-encoding", "gzip").end("x"))));
  expect(zipped.code).toBe("BAD_ANSWER");
  const latin = await get(await serve((_q, r) => r.end(Buffer.from([0x74, 0xe9]))));
  expect(() => latin.text()).toThrow("is not UTF-8 text");
});

test("says that nothing came within the time, and that the wait was stopped", async () => {
  const silent = await serveRaw(undefined);
  expect(await failure(get(silent, { timeout: 30 }))).toMatchObject({
    code: "TIMEOUT",
    retryable: true,
    message: `no answer from ${silent} within 30ms`,
  });
  const controller = new AbortController();
  const waiting = failure(createRuntime({ env: {} }).http(silent, {}, controller.signal));
  controller.abort();
  expect(await waiting).toMatchObject({ code: "TIMEOUT", message: `stopped waiting for ${silent}` });
  expect(await failure(createRuntime({ env: {} }).http(silent, {}, controller.signal))).toMatchObject({
    code: "TIMEOUT",
  });
});

test("says so when it is the whole call's time that is over", async () => {
  const silent = await serveRaw(undefined);
  const { http, deadline } = createRuntime({ env: {} });
  const limit = deadline(20);
  const { message } = await failure(http(silent, {}, limit.signal));
  expect(message).toBe(`no answer from ${silent}: not finished within 20ms`);
});

test("the time limit also ends a body that drips", async () => {
  const dripping = await serve((_q, r) => void r.write("{"));
  expect(await failure(get(dripping, { timeout: 50 }))).toMatchObject({ code: "TIMEOUT" });
});

test("names what is wrong with the connection, without the URL's user, path or query", async () => {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  const refused = await failure(get(`http://u:pass@127.0.0.1:${port}/path?key=k3y`));
  expect(refused).toMatchObject({ code: "UNAVAILABLE", retryable: true, noEffect: true });
  expect(refused.message).toBe(`connection refused by http://127.0.0.1:${port} (ECONNREFUSED)`);
  expect(await failure(get("http://no-such-host.invalid/"))).toMatchObject({
    code: "UNAVAILABLE",
    noEffect: true,
    hint: expect.stringContaining("DNS") as string,
  });
  expect(await failure(get(await serveRaw("SSH-2.0-x\r\n")))).toMatchObject({ code: "BAD_ANSWER" });
  expect(await failure(get(await serveRaw("")))).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
});

test.each(["", "not a url user:pass@", "ftp://u:pass@h/"])("refuses the URL %j without showing it", async (url) => {
  const error = await failure(get(url));
  expect(error.code).toBe("INVALID");
  expect(error.message).not.toContain("pass");
});

test("refuses a header that would split the request, naming the header only", async () => {
  const error = await failure(get("http://127.0.0.1:1/", { bearer: new Secret("tok\r\nX-Evil: 1") }));
  expect(error).toMatchObject({
    code: "INVALID",
    message: "the header authorization holds a character that HTTP cannot carry",
  });
});

test("refuses two bodies at once", async () => {
  expect(await failure(get("http://127.0.0.1:1/", { json: 1, body: "x" }))).toMatchObject({ code: "INVALID" });
});

test("reads Retry-After as seconds and as a date", async () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  async function retryAfter(value: string): Promise<number | undefined> {
    const url = await serve((_q, r) => r.writeHead(429, { "retry-after": value }).end());
    const { retryAfter: wait } = await get(url, {}, { clock: { ...createRuntime(), now: () => now } });
    return wait;
  }
  expect(await retryAfter("7")).toBe(7000);
  expect(await retryAfter("Thu, 01 Jan 2026 00:01:00 GMT")).toBe(60_000);
  expect(await retryAfter("Thu, 01 Jan 2025 00:01:00 GMT")).toBe(0);
  expect(await retryAfter("soon")).toBeUndefined();
});

test("reports how far the local clock is from the server's", async () => {
  const skews: [number, string][] = [];
  const url = await serve((_q, r) => r.setHeader("date", "Thu, 01 Jan 2026 00:00:00 GMT").end());
  const date = Date.parse("2026-01-01T02:00:00Z");
  await get(url, {}, { clock: { ...createRuntime(), now: () => date }, onSkew: (ms, host) => skews.push([ms, host]) });
  expect(skews).toEqual([[7_200_000, new URL(url).host]]);
});

test("keeps a connection for the request that follows at once, and apart those whose address was looked at", async () => {
  const sockets: Socket[] = [];
  const url = await serve((request, response) => {
    sockets.push(request.socket);
    response.end("{}");
  });
  const { http } = createRuntime();
  await http(url, {}, never);
  await http(url, { method: "POST", json: {} }, never);
  await http(url, { refuseLinkLocal: true }, never);
  await http(url, { refuseLinkLocal: true }, never);
  expect(new Set(sockets).size).toBe(2);
  expect([sockets[1], sockets[3]]).toEqual([sockets[0], sockets[2]]);
});

test("speaks over a Unix socket", async () => {
  const directory = await mkdtemp(join(tmpdir(), "rotate-http-"));
  open.push(() => rm(directory, { recursive: true }));
  const socketPath = join(directory, "s");
  await listen(
    createServer((_q, r) => r.end("by socket")),
    socketPath,
  );
  expect((await get("http://docker/x", { socketPath }, { env: { HTTP_PROXY: "http://127.0.0.1:1" } })).text()).toBe(
    "by socket",
  );
  expect(await failure(get("http://docker/x", { socketPath: `${socketPath}-none` }))).toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("no socket") as string,
  });
});

test("goes through the proxy of the environment, except where it is told not to", async () => {
  const proxy = await serve((q, r) => r.end(`proxied ${q.url}`));
  expect((await get("http://service.invalid/a", {}, { env: { HTTP_PROXY: proxy } })).text()).toBe(
    "proxied http://service.invalid/a",
  );
  const direct = await serve((_q, r) => r.end("direct"));
  expect((await get(direct, {}, { env: { HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1" } })).text()).toBe("direct");
  const networks = { HTTP_PROXY: proxy, NO_PROXY: "localhost,127.0.0.0/8" };
  expect((await get(direct, {}, { env: networks })).text()).toBe("direct");
  expect((await get(direct, {}, { env: { ...networks, no_proxy: "10.0.0.0/8" } })).text()).toMatch(/^proxied/);
  expect((await get(direct, { proxy: false }, { env: { HTTP_PROXY: proxy } })).text()).toBe("direct");
  const bad = await failure(get("http://service.invalid/", {}, { env: { HTTP_PROXY: "http://u:pass@[" } }));
  expect(bad).toMatchObject({ code: "UNAVAILABLE" });
  expect(bad.message).not.toContain("pass");
});

test("says that a port speaks plain HTTP where TLS was asked for", async () => {
  const plain = (await serve((_q, r) => r.end())).replace("http:", "https:");
  expect(await failure(get(plain))).toMatchObject({
    code: "UNAVAILABLE",
    hint: expect.stringContaining("plain HTTP") as string,
  });
});

test("loads nothing heavy on the way: undici stays out", async () => {
  const url = await serve((_q, r) => r.end('{"token":"t"}'));
  const script = `
    const { createRuntime } = await import(${JSON.stringify(new URL("../src/create-runtime.ts", import.meta.url).href)});
    const { http, exec } = createRuntime();
    const { signal } = new AbortController();
    (await http(${JSON.stringify(url)}, {}, signal)).json(${JSON.stringify(token)});
    await exec(["true"], {}, signal);
    console.log(process.moduleLoadList.filter((name) => name.includes("undici")).join());`;
  const { exec } = createRuntime();
  const argv = [process.execPath, "--conditions=rotate:src", "--input-type=module", "-e"] as const;
  const answer = await exec([...argv, script], {}, never);
  expect(answer).toEqual({ exitCode: 0, stdout: "\n", stderr: "" });
});
