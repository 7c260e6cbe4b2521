import { once } from "node:events";
import { createServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { createCertificateAuthority } from "@rotate/doubles";
import { secretRef } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { httpProbe } from "../src/http-probe.ts";
import { tcpProbe } from "../src/tcp-probe.ts";
import { contextFor, startReceiver } from "./support/receiver.ts";

function probe(options: object): Promise<void> {
  return httpProbe.run(contextFor(httpProbe, options));
}
function connect(options: object): Promise<void> {
  return tcpProbe.run(contextFor(tcpProbe, options));
}

describe("the http probe", () => {
  test("works when the endpoint answers 2xx", async () => {
    const { url, received } = await startReceiver();
    await probe({ url });
    expect(received).toMatchObject([{ method: "GET" }]);
  });

  test("fails, to be tried again, for another status, a redirect included", async () => {
    for (const status of [302, 404, 503]) {
      const { url } = await startReceiver((_request, response) => response.writeHead(status, { location: "/" }).end());
      await expect(probe({ url })).rejects.toMatchObject({
        retryable: true,
        message: expect.stringContaining(`HTTP ${status}`),
      });
    }
  });

  test("takes exactly the statuses that the spec names", async () => {
    const { url } = await startReceiver((_request, response) => response.writeHead(204).end());
    await expect(probe({ url, expectStatus: [204, 302] })).resolves.toBeUndefined();
    await expect(probe({ url, expectStatus: [200] })).rejects.toMatchObject({ hint: "expected 200" });
  });

  test("looks for a text in the body, and never shows the body", async () => {
    const { url } = await startReceiver((_request, response) => response.end('{"status":"degraded s3cret"}'));
    await expect(probe({ url, contains: "degraded" })).resolves.toBeUndefined();
    const error: unknown = await probe({ url, contains: '"status":"ok"' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FAILED", retryable: true });
    expect(String(error)).not.toContain("s3cret");
  });

  test("shows the new credential to the endpoint, and never unencrypted to another machine", async () => {
    const { url, received } = await startReceiver();
    await probe({ url, bearer: secretRef("n3w-token") });
    expect(received[0]?.headers.authorization).toBe("Bearer n3w-token");
    await expect(probe({ url: "http://app.example/", bearer: secretRef("n3w-token") })).rejects.toMatchObject({
      code: "INVALID",
    });
  });

  test("fails when nobody listens", async () => {
    const { url, close } = await startReceiver();
    close();
    await expect(probe({ url })).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("trusts a private authority that the spec gives, and no other", async () => {
    const authority = createCertificateAuthority();
    const { cert, key } = authority.issue({ hosts: ["localhost"] });
    const server = createServer({ cert, key }, (_request, response) => response.end("ok"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    await expect(probe({ url, tls: { ca: authority.ca } })).resolves.toBeUndefined();
    await expect(probe({ url })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    server.close();
  });
});

describe("the tcp probe", () => {
  test("works when something listens, and fails when nothing does", async () => {
    const server = createTcpServer((socket) => socket.end());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    await expect(connect({ port })).resolves.toBeUndefined();
    await once(server.close(), "close");
    await expect(connect({ port })).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("says when the host does not exist", async () => {
    await expect(connect({ host: "no-such-host.invalid", port: 80 })).rejects.toMatchObject({ retryable: true });
  });
});
