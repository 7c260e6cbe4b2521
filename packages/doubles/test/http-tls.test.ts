import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { type HttpInit, Secret } from "@rotate/plugin-kit";
import { createCertificateAuthority, listen } from "@rotate/doubles";
import { createTestContext } from "@rotate/testkit";
import { afterEach, expect, test, vi } from "vitest";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
});

const authority = createCertificateAuthority();
const { http } = createTestContext();

/** A server that says whether its client showed a certificate of the authority. */
async function serveTls(hosts: readonly [string, ...string[]], notAfter?: Date): Promise<string> {
  const certificate = authority.issue({ hosts, ...(notAfter && { notAfter }) });
  const server = createServer({ ...certificate, ca: authority.ca, requestCert: true, rejectUnauthorized: false });
  server.on("request", ({ socket }, response) => response.end(String((socket as TLSSocket).authorized)));
  closing.push(() => server.close());
  return `https://127.0.0.1:${await listen(server)}`;
}

async function failureOf(url: string, init: HttpInit): Promise<unknown> {
  return http(url, init).catch((error: unknown) => error);
}

test("trusts the authority it is given, by the name it is given, and shows a client certificate", async () => {
  const { cert, key } = authority.issue({ hosts: ["client"] });
  const answer = await http(await serveTls(["127.0.0.1"]), { tls: { ca: authority.ca, cert, key: new Secret(key) } });
  expect(answer.text()).toBe("true");
  const named = await http(await serveTls(["db.test"]), { tls: { ca: authority.ca, serverName: "db.test" } });
  expect(named.text()).toBe("false");
});

test.each([
  ["a private authority", ["127.0.0.1"], undefined, {}, "as ca"],
  ["another name", ["other.test"], undefined, { ca: authority.ca }, "another name"],
  ["the past", ["127.0.0.1"], new Date(Date.now() - 60_000), { ca: authority.ca }, "expired"],
] as const)(
  "does not trust a certificate of %s, whatever the environment says",
  async (_what, hosts, notAfter, tls, hint) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const error = await failureOf(await serveTls([...hosts], notAfter), { tls });
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: false,
      hint: expect.stringContaining(hint) as string,
    });
  },
);
