import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type ConnectionOptions } from "node:tls";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createCertificateAuthority, type IssuedCertificate } from "@rotate/doubles";
import { listen } from "../src/listen.ts";
import { integer, objectIdentifier, octetString } from "../src/tls/der.ts";

const opensslMissing = spawnSync("openssl", ["version"]).status !== 0;

test("a client that trusts the root accepts the server, by name and by address", async () => {
  const authority = createCertificateAuthority();
  const port = await serve(authority.issue({ hosts: ["localhost", "127.0.0.1", "::1"] }));
  await expect(handshake({ port, host: "127.0.0.1", servername: "localhost", ca: authority.ca })).resolves.toBe(true);
  await expect(handshake({ port, host: "127.0.0.1", ca: authority.ca })).resolves.toBe(true);
});

test("a client refuses another root, another name and an expired certificate", async () => {
  const authority = createCertificateAuthority();
  const stranger = createCertificateAuthority();
  const port = await serve(authority.issue({ hosts: ["db.example.com"] }));
  const expired = await serve(authority.issue({ hosts: ["localhost"], notAfter: new Date(Date.now() - 1000) }));
  const local = { host: "127.0.0.1", servername: "localhost" };
  await expect(handshake({ ...local, port, ca: stranger.ca })).rejects.toThrow("unable to verify");
  await expect(handshake({ ...local, port, ca: authority.ca })).rejects.toThrow("does not match");
  await expect(handshake({ ...local, port: expired, ca: authority.ca })).rejects.toThrow("expired");
});

test("names, addresses and life are those asked for", () => {
  const notBefore = new Date("2049-12-31T23:59:59Z");
  const notAfter = new Date("2050-01-01T00:00:00Z");
  const authority = createCertificateAuthority("a root");
  const { cert } = authority.issue({ hosts: ["*.example.com", "10.0.0.1", "2001:db8::a:1"], notBefore, notAfter });
  const parsed = new X509Certificate(cert);
  expect(parsed.checkHost("db.example.com")).toBe("*.example.com");
  expect(parsed.checkIP("10.0.0.1")).toBe("10.0.0.1");
  expect(parsed.subjectAltName).toContain("2001:DB8:0:0:0:0:A:1");
  expect(parsed.issuer).toBe("CN=a root");
  expect([parsed.validFromDate, parsed.validToDate]).toEqual([notBefore, notAfter]);
  expect(parsed.verify(new X509Certificate(authority.ca).publicKey)).toBe(true);
});

test.skipIf(opensslMissing)("openssl finds nothing to object to, in its strict mode", async () => {
  const directory = await mkdtemp(join(tmpdir(), "rotate-tls-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const authority = createCertificateAuthority();
  await writeFile(join(directory, "ca.pem"), authority.ca);
  await writeFile(join(directory, "leaf.pem"), authority.issue({ hosts: ["localhost"] }).cert);
  const argv = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "leaf.pem"];
  const { status, stderr } = spawnSync("openssl", argv, { cwd: directory, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("an integer is written in the fewest bytes and never turns negative", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), (value) => {
      const [, , ...content] = integer(value);
      expect(BigInt(`0x${Buffer.from(content).toString("hex")}`)).toBe(value);
      const padded = content.length > 1 && content[0] === 0;
      expect(padded ? content[1] : 0x80).toBeGreaterThanOrEqual(0x80);
      expect(content[0]).toBeLessThan(0x80);
    }),
  );
});

test("a length is written in its shortest form", () => {
  expect(octetString(new Uint8Array(127)).toString("hex", 0, 2)).toBe("047f");
  expect(octetString(new Uint8Array(128)).toString("hex", 0, 3)).toBe("048180");
  expect(octetString(new Uint8Array(256)).toString("hex", 0, 4)).toBe("04820100");
  expect(objectIdentifier("1.2.840.10045.4.3.2").toString("hex")).toBe("06082a8648ce3d040302");
});

async function serve(certificate: IssuedCertificate): Promise<number> {
  const server = createServer(certificate, (socket) => socket.on("error", () => socket.destroy()).end());
  onTestFinished(() => void server.close());
  return listen(server);
}

async function handshake(options: ConnectionOptions): Promise<boolean> {
  const socket = connect(options);
  await once(socket, "secureConnect").finally(() => socket.destroy());
  return socket.authorized;
}
