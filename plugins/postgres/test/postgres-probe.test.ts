import { createServer } from "node:net";
import { inspect } from "node:util";
import { listen, postgresUnavailable, startPostgres, type Postgres } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { writeTemporary } from "./support/files.ts";
import { failure, probe } from "./support/probe.ts";
import { cleartextRequest, errorResponse, md5Request, startFakeServer } from "./support/fake-server.ts";

const password = "pass word/with+every%thing";
const plain = { host: "localhost", tls: "disable", user: "app" };

describe.skipIf(postgresUnavailable())("on a real PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createRole("app", { password });
  });
  afterAll(() => postgres.close());

  test("passes when the password is right and the query succeeds, here by SCRAM without TLS", async () => {
    const query = "select 1 from pg_stat_activity where pid = pg_backend_pid() and application_name = 'rotate'";
    await expect(probe({ ...plain, port: postgres.port, query }, password)).resolves.toBeUndefined();
  });

  test("a wrong password is final", async () => {
    const fault = await failure({ ...plain, port: postgres.port }, "wrong");
    expect(fault).toMatchObject({ code: "DENIED", retryable: false, hint: expect.stringContaining("role") });
    expect(fault.message).toBe(
      `localhost:${postgres.port}/postgres refused app: password authentication failed for user "app" (28P01)`,
    );
  });

  test("a database that is missing is named", async () => {
    const fault = await failure({ ...plain, port: postgres.port, database: "nowhere" }, password);
    expect(fault).toMatchObject({ code: "NOT_FOUND", retryable: false, message: expect.stringContaining("nowhere") });
  });

  test("tells a query that is wrong from one that is forbidden", async () => {
    const wrong = await failure({ ...plain, port: postgres.port, query: "select * from missing" }, password);
    expect(wrong).toMatchObject({ code: "INVALID", retryable: false, message: expect.stringContaining("42P01") });
    const forbidden = await failure({ ...plain, port: postgres.port, query: "select * from pg_authid" }, password);
    expect(forbidden).toMatchObject({ code: "DENIED", retryable: false, hint: expect.stringContaining("grant") });
  });

  test("says that the server has no TLS, instead of going on without", async () => {
    const fault = await failure({ host: "localhost", port: postgres.port, user: "app" }, password);
    expect(fault).toMatchObject({ code: "INVALID", message: expect.stringContaining("does not support SSL") });
  });

  test("a login without a password proves nothing of the credential", async () => {
    const fault = await failure({ ...plain, host: postgres.socketDirectory, port: postgres.port }, password);
    expect(fault).toMatchObject({ code: "FAILED", hint: expect.stringContaining("trust") });
  });

  test("is cut off when its time is over", async () => {
    const query = "select pg_sleep(60)";
    const cut = probe({ ...plain, port: postgres.port, query }, password, AbortSignal.timeout(300));
    await expect(cut).rejects.toMatchObject({ code: "TIMEOUT", retryable: true });
  });
});

describe("what it does not say and does not send", () => {
  test.each([
    ["in clear", cleartextRequest],
    ["as MD5", md5Request],
  ])("never sends the password %s without TLS", async (_, greeting) => {
    const server = await startFakeServer({ greeting });
    const fault = await failure({ ...plain, port: server.port }, password);
    expect(fault).toMatchObject({ code: "INVALID", retryable: false, hint: "set tls: verify-full" });
    expect(server.received()).toBe("");
  });

  test("keeps the password out of the error when the server shows it", async () => {
    const server = await startFakeServer({ greeting: cleartextRequest, tls: true, answer: shout });
    const ca = await writeTemporary(server.ca);
    const fault = await failure({ host: "localhost", port: server.port, user: "app", ca }, password);
    expect(server.received()).toContain(password);
    expect(fault.message).toContain("your password is [secret] [2Jsee (28P01)");
    expect(inspect(fault, { depth: 9 })).not.toContain(password);
  });
});

describe("when nobody answers", () => {
  test("a port without a server may have one later", async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    const fault = await failure({ ...plain, host: "127.0.0.1", port }, password);
    expect(fault).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a server that accepts and says nothing is a timeout", async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const fault = await failure({ ...plain, port: await listen(server), connectTimeout: 100 }, password);
    expect(fault).toMatchObject({ code: "TIMEOUT", retryable: true, hint: expect.stringContaining("connectTimeout") });
  });

  test("a host name that does not exist, and a socket that is not there", async () => {
    const unknown = await failure({ ...plain, host: "nowhere.invalid", port: 5432 }, password);
    expect(["NOT_FOUND", "UNAVAILABLE"]).toContain(unknown.code);
    expect(unknown).toMatchObject({ retryable: true, hint: expect.stringContaining("name") });
    const missing = await failure({ ...plain, host: "/nowhere", port: 5432 }, password);
    expect(missing).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("socket") });
  });
});

describe("certificates of its own", () => {
  test("says what is wrong with the ca file", async () => {
    const missing = await failure({ host: "localhost", user: "app", ca: "/nowhere/ca.pem" }, password);
    expect(missing).toMatchObject({ code: "NOT_FOUND", message: "certificate file /nowhere/ca.pem does not exist" });
    const empty = await failure(
      { host: "localhost", user: "app", ca: await writeTemporary("not a certificate") },
      password,
    );
    expect(empty).toMatchObject({ code: "INVALID", message: expect.stringContaining("holds no PEM certificate") });
    const unused = await failure({ ...plain, ca: "/nowhere/ca.pem" }, password);
    expect(unused).toMatchObject({ code: "INVALID", message: expect.stringContaining("checks no certificate") });
  });
});

function shout(said: string): Buffer {
  return errorResponse(`your password is ${said}\r\n\u001B[2Jsee`);
}
