import {
  createCertificateAuthority,
  createDatabricksDouble,
  createLakebaseGateway,
  postgresUnavailable,
  startPostgres,
  type DatabricksDouble,
  type LakebaseGateway,
  type Postgres,
} from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { writeTemporary } from "./support/files.ts";
import { mint, pat, user } from "./support/mint.ts";
import { failure, probe, type ProbeOptions } from "./support/probe.ts";

describe.skipIf(postgresUnavailable())("on Lakebase", () => {
  let postgres: Postgres;
  let databricks: DatabricksDouble;
  let gateway: LakebaseGateway;
  let clock = Date.now();
  beforeAll(async () => {
    postgres = await startPostgres();
    databricks = await createDatabricksDouble({ now: () => clock, pats: { [pat]: user } });
    const { verify } = databricks.tokens;
    gateway = await createLakebaseGateway({ postgres, verify, now: () => clock, propagation: 60_000 });
    await gateway.createRole(user);
    clock += 60_000;
  });
  afterAll(async () => {
    await Promise.all([gateway.close(), databricks.close()]);
    await postgres.close();
  });

  test("a minted token passes inside verified TLS", async () => {
    await expect(probe(await verified(), await mint(databricks))).resolves.toBeUndefined();
    const [{ jti } = {}] = databricks.mints.slice(-1);
    expect(gateway.logins.slice(-1)).toMatchObject([{ outcome: "accepted", application: "rotate", jti }]);
  });

  test("a personal access token is refused with the reason", async () => {
    const fault = await failure(await verified(), pat);
    expect(fault).toMatchObject({ code: "DENIED", retryable: false, hint: expect.stringContaining("OAuth") });
    expect(fault.message).not.toContain(pat);
  });

  test("a token that is refused now may be taken later: its role may be on the way", async () => {
    const token = await mint(databricks);
    clock += 3_600_000;
    const fault = await failure(await verified(), token);
    expect(fault).toMatchObject({ code: "DENIED", retryable: true, hint: expect.stringContaining("up to a minute") });
  });

  test("an identity without a role is refused for good", async () => {
    gateway.failNext({ code: "28P01", message: "password authentication failed for user 'svc'" });
    const fault = await failure(await verified(), await mint(databricks));
    expect(fault).toMatchObject({ code: "DENIED", retryable: false, hint: expect.stringContaining("role") });
  });

  test("an endpoint that is waking up is worth another try", async () => {
    gateway.suspend(5_000);
    const fault = await failure(await verified(), await mint(databricks));
    expect(fault).toMatchObject({ code: "UNAVAILABLE", retryable: true, hint: expect.stringContaining("within") });
    clock += 5_000;
    await expect(probe(await verified(), await mint(databricks))).resolves.toBeUndefined();
  });

  test("a connection that breaks during the login is worth another try", async () => {
    gateway.failNext("drop");
    const fault = await failure(await verified(), await mint(databricks));
    expect(fault).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("without TLS it says what to set", async () => {
    const fault = await failure({ ...target(), tls: "disable" }, await mint(databricks));
    expect(fault).toMatchObject({ code: "INVALID", hint: expect.stringContaining("tls: verify-full") });
  });

  test("does not speak to a server whose certificate it cannot trust, and sends it nothing", async () => {
    const before = gateway.logins.length;
    const token = await mint(databricks);
    const untrusted = await failure(target(), token);
    expect(untrusted).toMatchObject({ code: "BAD_ANSWER", retryable: false, hint: expect.stringContaining("ca") });
    const misnamed = await failure({ ...(await verified()), host: "127.0.0.1" }, token);
    expect(misnamed).toMatchObject({ code: "BAD_ANSWER", message: expect.stringContaining("127.0.0.1") });
    const stranger = await failure({ ...target(), ca: await writeTemporary(createCertificateAuthority().ca) }, token);
    expect(stranger).toMatchObject({ code: "BAD_ANSWER", retryable: false });
    expect(gateway.logins).toHaveLength(before);
  });

  test("require encrypts without asking who answers", async () => {
    await expect(probe({ ...target(), tls: "require" }, await mint(databricks))).resolves.toBeUndefined();
  });

  test("a certificate that has expired is named as such", async () => {
    const issuer = createCertificateAuthority();
    const expired = { ...issuer, issue: (request: Request) => issuer.issue({ ...request, notAfter: new Date(0) }) };
    const { verify } = databricks.tokens;
    const stale = await createLakebaseGateway({ postgres, verify, authority: expired });
    onTestFinished(() => stale.close());
    const fault = await failure(
      { ...target(), port: stale.port, ca: await writeTemporary(stale.ca) },
      await mint(databricks),
    );
    expect(fault).toMatchObject({ code: "BAD_ANSWER", hint: expect.stringContaining("renew") });
  });

  type Request = Parameters<ReturnType<typeof createCertificateAuthority>["issue"]>[0];

  function target(): ProbeOptions {
    return { host: "localhost", port: gateway.port, user };
  }

  async function verified(): Promise<ProbeOptions> {
    return { ...target(), ca: await writeTemporary(gateway.ca) };
  }
});
