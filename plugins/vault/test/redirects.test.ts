import { createCertificateAuthority } from "@rotate/doubles";
import { expect, test } from "vitest";
import { database, loggedIn, mint, start } from "./support/call.ts";

async function cluster(activeUrl?: (url: string) => string) {
  const active = await start();
  const standby = await start();
  standby.double.setNode("standby", (activeUrl ?? ((url) => url))(active.double.url));
  return { active, standby };
}

test("follows a standby to the active node on the same host, with the body", async () => {
  const { active, standby } = await cluster();
  await mint({ ...database }, await loggedIn({ double: standby.double, clock: active.clock }));
  expect(active.double.issued).toHaveLength(1);
  expect(standby.double.issued).toHaveLength(0);
});

test("sends the token to no host that the spec does not name", async () => {
  const { active, standby } = await cluster((url) => url.replace("127.0.0.1", "localhost"));
  const setup = { double: standby.double, clock: active.clock };
  await expect(loggedIn(setup)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    noEffect: true,
    message: expect.stringMatching(/is a standby and sends us to localhost$/),
    hint: expect.stringContaining("list localhost under redirectHosts"),
  });
  expect(active.double.requests).toHaveLength(0);
  await mint(database, await loggedIn({ ...setup, options: { redirectHosts: ["localhost"] } }));
  expect(active.double.issued).toHaveLength(1);
});

test("never goes from https to http", async () => {
  const authority = createCertificateAuthority();
  const active = await start();
  const standby = await start({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
  standby.double.setNode("standby", active.double.url);
  const options = { tls: { ca: authority.ca } };
  await expect(loggedIn({ ...standby, options })).rejects.toThrow(/from https to http/);
  expect(active.double.requests).toHaveLength(0);
});

test("follows once only, and not to another page", async () => {
  const { active, standby } = await cluster();
  active.double.setNode("standby", standby.double.url);
  await expect(loggedIn({ double: standby.double, clock: active.clock })).rejects.toThrow(/sends us on again/);
  const third = await start();
  third.double.faults.next("*", { status: 302, headers: { location: "/ui/login" } });
  await expect(loggedIn(third)).rejects.toMatchObject({
    message: expect.stringContaining("another page"),
    hint: expect.stringContaining("proxy"),
  });
});

test("waits for a cluster without an active node", async () => {
  const { double, clock } = await start();
  double.setNode("standby");
  await expect(loggedIn({ double, clock })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
  });
});
