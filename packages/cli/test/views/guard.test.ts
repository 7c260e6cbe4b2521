import { describe, expect, test } from "vitest";
import { readAddress } from "../../src/views/address.ts";
import { createDaemonScene, failingOf, get, happened, statusOf } from "./support.ts";

describe("who may ask", () => {
  test("a page of another site whose name was made to lead here reads nothing", async () => {
    const scene = createDaemonScene();
    const url = await scene.listen({ hosts: ["rotate.example.com"] });
    const asked = async (host: string): Promise<number> => (await get(`${url}/readyz`, { headers: { host } })).status;
    expect(await asked("evil.example.com")).toBe(421);
    expect(await asked("localhost.evil.example.com:9465")).toBe(421);
    expect(await asked("rotate.example.com:9465")).toBe(200);
    expect(await asked("LOCALHOST")).toBe(200);
    expect(await asked("[::1]:9465")).toBe(200);
  });

  test("another site may link to it, and not look inside", async () => {
    const url = await createDaemonScene().listen();
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
    expect((await get(`${url}/api/v1/rotations`, { headers })).status).toBe(403);
    expect((await get(`${url}/readyz`, { headers: { ...headers, "sec-fetch-mode": "navigate" } })).status).toBe(200);
  });

  test("nothing but questions is taken, and none with a body", async () => {
    const url = await createDaemonScene().listen();
    const posted = await get(`${url}/readyz`, { method: "POST" });
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD"]);
    const headers = { "content-length": "5" };
    expect((await get(`${url}/readyz`, { headers, body: "hello" })).status).toBe(413);
    expect(await get(`${url}/readyz`, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect((await get(`${url}/nothing`)).status).toBe(404);
    expect((await get(`${url}/readyz/%E0%A4%A`)).status).toBe(404);
  });

  test("beyond this machine it takes TLS and a token, and says how to give them", async () => {
    const scene = createDaemonScene();
    const listen = { host: "0.0.0.0", port: 0 };
    await expect(scene.listen({ listen })).rejects.toMatchObject({
      code: "ROTATE_LISTEN",
      exitCode: 2,
      hint: expect.stringContaining("monitor: { listen: { tls: { cert, key }, token"),
    });
    scene.set({ monitor: { listen: { token: "ref" } }, secrets: { ref: "opensesame" } });
    await expect(scene.listen({ listen })).rejects.toThrow("needs TLS and a token");
  });

  test("a token is asked for as a bearer's or as a browser's password, and a new one holds at once", async () => {
    const scene = createDaemonScene();
    scene.set({ monitor: { listen: { token: "ref" } }, secrets: { ref: "first-token" } });
    const url = await scene.listen();
    const asked = async (authorization: string): Promise<number> =>
      (await get(`${url}/readyz`, { headers: { authorization } })).status;
    const basic = `Basic ${Buffer.from("anybody:first-token").toString("base64")}`;
    expect((await get(`${url}/readyz`)).headers["www-authenticate"]).toContain("Basic");
    expect(await Promise.all(["Bearer first-token", basic, "Bearer other", "first-token"].map(asked))).toEqual([
      200, 200, 401, 401,
    ]);
    scene.set({ secrets: { ref: "second-token" } });
    expect(await Promise.all(["Bearer first-token", "Bearer second-token"].map(asked))).toEqual([401, 200]);
  });

  test.each([
    ["9465", { host: "127.0.0.1", port: 9465 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["rotate.internal:80", { host: "rotate.internal", port: 80 }],
  ])("%s is an address", (text, address) => expect(readAddress("listen", text)).toEqual(address));

  test.each(["", "localhost", ":9465", "1.2.3.4:99999", "[1.2.3.4]:1", "::1:9465", "http://x:1", "9465 "])(
    "%j is none",
    (text) => expect(() => readAddress("listen", text)).toThrow("--listen takes an address and a port"),
  );
});

describe("what is answered", () => {
  test("runs nothing in a browser that is not ours, and is kept by nobody", async () => {
    const { headers } = await get(`${await createDaemonScene().listen()}/api/v1/rotations`);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("is masked: no secret leaves by a message", async () => {
    const scene = createDaemonScene();
    scene.runtime.masker.secret("hunter2-hunter2");
    scene.show(failingOf("db", { reason: "the server said hunter2-hunter2" }));
    const url = await scene.listen();
    for (const path of ["/api/v1/rotations", "/metrics", "/readyz", "/readyz/db"])
      expect((await get(url + path)).text).not.toContain("hunter2");
  });

  test("is short for who has it already, and zipped for who can unzip it", async () => {
    const scene = createDaemonScene();
    const many = Array.from({ length: 40 }, (_, at) => statusOf(`db-${at}`));
    scene.show(...many);
    const url = `${await scene.listen()}/api/v1/rotations`;
    const first = await get(url);
    const again = await get(url, { headers: { "if-none-match": first.headers.etag ?? "" } });
    expect([again.status, again.text]).toEqual([304, ""]);
    scene.show(statusOf("db-0", { state: "due", code: "due" }));
    scene.emit(happened);
    expect((await get(url, { headers: { "if-none-match": first.headers.etag ?? "" } })).status).toBe(200);
    scene.show(...many);
    scene.emit(happened);
    const zipped = await fetch(url, { headers: { "accept-encoding": "gzip" } });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(await zipped.json()).toMatchObject({ summary: { total: 40 } });
  });
});
