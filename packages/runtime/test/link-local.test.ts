import { lookup as systemLookup } from "node:dns";

import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createRuntime } from "../src/index.ts";
import { guardedLookup, isLinkLocal } from "../src/link-local.ts";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function startServer(): Promise<number> {
  const server = createServer((_request, response) => response.end("{}"));
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

describe("a request to an address of a user's choosing", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9.254.169.254/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://0.0.0.0/",
    "http://user@169.254.169.254/",
  ])("is refused for %s before anything is sent", async (url) => {
    const { http } = createRuntime({ env: {} });
    const sent = http(url, { refuseLinkLocal: true }, AbortSignal.timeout(5000));
    await expect(sent).rejects.toMatchObject({ code: "INVALID", message: expect.stringContaining("link-local") });
  });

  test("reaches loopback, by address and by name", async () => {
    const port = await startServer();
    const { http } = createRuntime({ env: {} });
    for (const host of ["127.0.0.1", "localhost"]) {
      const answer = await http(`http://${host}:${port}/`, { refuseLinkLocal: true }, AbortSignal.timeout(5000));
      expect(answer.status).toBe(200);
    }
  });

  test.each(["10.0.0.1", "192.168.1.1", "172.16.0.1", "127.0.0.1", "::1", "fd12::1", "8.8.8.8"])(
    "may reach %s",
    (address) => {
      expect(isLinkLocal(address)).toBe(false);
    },
  );
});

/** DNS as an attacker would answer it. */
function answering(...addresses: readonly string[]): typeof systemLookup {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  return ((_name: string, _options: object, done: (error: null, all: typeof found) => void) =>
    done(null, found)) as typeof systemLookup;
}
function connect(lookup: typeof systemLookup, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "rebind.example", port, lookup: guardedLookup(lookup) }, ({ statusCode }) =>
      resolve(statusCode),
    );
    sent.on("error", reject).end();
  });
}

describe("a name that leads to a metadata address", () => {
  test("is refused at the moment of connecting", async () => {
    await expect(connect(answering("169.254.169.254"), 80)).rejects.toMatchObject({ code: "INVALID" });
  });

  test("is refused when one of its addresses is", async () => {
    const port = await startServer();
    await expect(connect(answering("127.0.0.1", "fe80::1"), port)).rejects.toMatchObject({ code: "INVALID" });
    await expect(connect(answering("127.0.0.1"), port)).resolves.toBe(200);
  });
});
