/** What the application hears, and how many credentials it costs, when the server does not do as hoped. */
import { createCertificateAuthority } from "@rotate/doubles";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { cstring, fatal, int32, message, parseStartup } from "../../src/sidecar/wire.ts";
import {
  authenticationOk,
  ready,
  serverError,
  startScriptedServer,
  takePassword,
  type Script,
  type ScriptedServer,
} from "./support/scripted-server.ts";
import { startSidecar, type TestSidecar, type TestSidecarOptions } from "./support/sidecar.ts";
import { answerTo, startupOf } from "./support/wire-client.ts";

const leases = [
  { leaseId: "a", user: "role_a", password: "secret a" },
  { leaseId: "b", user: "role_b", password: "secret b" },
] as const;
const terminate = message("X");
const hello = Buffer.concat([startupOf(), terminate]);
const welcome = Buffer.concat([authenticationOk, ready]);

interface Pair {
  readonly server: ScriptedServer;
  readonly sidecar: TestSidecar;
}

async function start(script: Script, options: Partial<TestSidecarOptions> = {}): Promise<Pair> {
  const server = await startScriptedServer(script);
  const sidecar = await startSidecar({ upstream: { port: server.port }, ca: server.ca, leases, ...options });
  onTestFinished(() => sidecar.stop());
  return { server, sidecar };
}

/** A server that says these things to one login after the other, and lets in whom it has nothing to say to. */
function refusing(...refusals: readonly (Buffer | undefined)[]): Script {
  return {
    async session(socket, _, count) {
      const password = await takePassword(socket);
      const refusal = refusals[count - 1];
      if (refusal !== undefined) return void socket.end(refusal);
      socket.end(Buffer.concat([authenticationOk, message("S", cstring("password"), cstring(password)), ready]));
    },
  };
}

const users = ({ startups }: ScriptedServer) =>
  startups.map((packet) => parseStartup(packet).parameters.get("user")?.toString());

describe("a credential that the server refuses", () => {
  test.each(["28P01", "28000"])("costs one more, and the application sees nothing of it: %s", async (sqlstate) => {
    const { server, sidecar } = await start(refusing(serverError(sqlstate, "no")));
    const said = await answerTo(sidecar.socket, hello);
    expect(said.toString()).toContain("secret b");
    expect(said.subarray(0, authenticationOk.length)).toEqual(authenticationOk);
    expect(users(server)).toEqual(["role_a", "role_b"]);
    expect([sidecar.mints(), sidecar.refused, sidecar.refusals]).toEqual([1, ["a"], []]);
    expect(sidecar.held()).toEqual({});
  });

  test("twice, is told in the server's own words, and costs no third", async () => {
    const second = serverError("28P01", "still no");
    const { server, sidecar } = await start(refusing(serverError("28P01", "no"), second));
    expect(await answerTo(sidecar.socket, hello)).toEqual(second);
    expect(users(server)).toEqual(["role_a", "role_b"]);
    expect([sidecar.mints(), sidecar.refusals]).toEqual([1, ["server-refused"]]);
  });

  test("for which there is no other, is told in the server's own words", async () => {
    const first = serverError("28P01", "no");
    const { sidecar } = await start(refusing(first, undefined), { leases: [leases[0]] });
    expect(await answerTo(sidecar.socket, hello)).toEqual(first);
    expect(sidecar.held()).toEqual({});
  });

  test("only after it had taken the password, as a role that may not log in, costs one more as well", async () => {
    const refusal = serverError("28000", 'role "role_a" is not permitted to log in');
    const { sidecar } = await start(refusing(Buffer.concat([authenticationOk, refusal])));
    expect((await answerTo(sidecar.socket, hello)).toString()).toContain("secret b");
  });
});

test.each([
  ["57P03", "the database system is starting up"],
  ["53300", "sorry, too many clients already"],
  ["3D000", 'database "shop" does not exist'],
  ["08004", "no endpoint has this name"],
])("any other refusal is passed on as it is, and costs nothing: %s", async (sqlstate, words) => {
  const refusal = serverError(sqlstate, words);
  const { server, sidecar } = await start(refusing(refusal));
  expect(await answerTo(sidecar.socket, hello)).toEqual(refusal);
  expect([sidecar.mints(), server.startups.length, sidecar.refusals]).toEqual([0, 1, ["server-refused"]]);
});

test("without a credential the application is told why, and what to do", async () => {
  const { sidecar } = await start(refusing());
  sidecar.rotate();
  sidecar.rotate();
  const said = await answerTo(sidecar.socket, hello);
  expect(said).toEqual(fatal({ sqlstate: "57P03", message: "the budget of mints is spent", hint: "wait" }));
  expect(sidecar.refusals).toEqual(["no-credential"]);
});

const nobody: Script["session"] = async () => undefined;
const answering = (bytes: Buffer | string) => (raw: Socket) => void raw.end(bytes);

describe("the server is never trusted with less than verified TLS:", () => {
  test.each([
    ["it speaks no TLS", answering("N"), "does not speak TLS"],
    ["it answers with an error", answering(serverError("53300", "lies")), "does not speak TLS"],
    ["it sends bytes behind its answer", answering("Sx"), "in the clear before TLS"],
    ["it says nothing and closes", answering(""), "closed"],
    ["it answers with nonsense", answering("Hello"), "does not speak TLS"],
  ])("%s", async (_, beforeTls, words) => {
    const { server, sidecar } = await start({ session: nobody, beforeTls });
    const said = (await answerTo(sidecar.socket, hello)).toString();
    expect(said).toContain("C08001");
    expect(said).toContain(words);
    expect(said).not.toContain("lies");
    expect([server.startups, sidecar.mints(), sidecar.held()]).toEqual([[], 0, {}]);
  });

  test.each([
    ["its certificate is of another authority", { ca: createCertificateAuthority().ca }, {}],
    ["its certificate is for another host", {}, { certificate: { hosts: ["other.example"] } as const }],
    ["its certificate has expired", {}, { certificate: { notAfter: new Date(0) } }],
  ])("%s", async (_, options, script) => {
    const { server, sidecar } = await start({ session: nobody, ...script }, options);
    expect((await answerTo(sidecar.socket, hello)).toString()).toContain("C08001");
    expect([server.startups, sidecar.refusals, sidecar.mints()]).toEqual([[], ["unreachable"], 0]);
  });

  test("nobody listens", async () => {
    const server = await startScriptedServer({ session: nobody });
    const sidecar = await startSidecar({ upstream: { port: 1 }, ca: server.ca, leases });
    onTestFinished(() => sidecar.stop());
    expect((await answerTo(sidecar.socket, hello)).toString()).toMatch(/C08001.*localhost:1.*ECONNREFUSED/s);
  });
});

describe("what the server says before the session", () => {
  const negotiated = message("v", int32(196_608), int32(1), cstring("_pq_.x"));
  const notice = message("N", Buffer.from("SWARNING\0VWARNING\0C01000\0Mexpires soon\0\0"));

  test("reaches the application in an order that clients take: version, then AuthenticationOk, then notices", async () => {
    const { sidecar } = await start({
      async session(socket) {
        socket.write(notice);
        socket.write(negotiated);
        await takePassword(socket);
        socket.end(Buffer.concat([notice, welcome]));
      },
    });
    const said = await answerTo(sidecar.socket, hello);
    expect(said).toEqual(Buffer.concat([negotiated, authenticationOk, notice, notice, ready]));
  });

  test.each([
    ["a request for an MD5 password", message("R", int32(5), Buffer.from("salt")), /C28000.*MD5/s],
    ["a request for Kerberos", message("R", int32(7)), /C28000/],
    ["a mechanism that is not SCRAM", message("R", int32(10), Buffer.from("OAUTHBEARER\0\0")), /offers OAUTHBEARER/],
    ["a row", message("D", Buffer.alloc(4)), /C08P01/],
    ["an authentication request without a number", message("R"), /C08P01/],
    ["a message of a gigabyte", Buffer.concat([Buffer.from("R"), int32(1 << 30)]), /C08P01/],
  ])("ends the login when it is %s", async (_, bytes, words) => {
    const { sidecar } = await start({ session: async (socket) => void socket.write(bytes) });
    expect((await answerTo(sidecar.socket, hello)).toString()).toMatch(words);
    expect([sidecar.mints(), sidecar.held()]).toEqual([0, {}]);
  });

  test("may ask for an MD5 password where that is allowed", async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const script: Script = {
      async session(socket) {
        socket.write(message("R", int32(5), Buffer.from([1, 2, 3, 4])));
        socket.once("data", (chunk: Buffer) => {
          resolve(chunk);
          socket.end(welcome);
        });
      },
    };
    const { sidecar } = await start(script, { allowMd5: true });
    expect(await answerTo(sidecar.socket, hello)).toEqual(welcome);
    // md5(md5("secret a" + "role_a") + salt)
    expect((await promise).toString("latin1", 5)).toBe("md5fe03031d3061a135fddce1fd4b1cf4ad\0");
  });

  test("may end in the middle of it: the application is told, nothing hangs", async () => {
    const { sidecar } = await start({ session: async (socket) => void socket.destroy() });
    expect((await answerTo(sidecar.socket, hello)).toString()).toContain("C08006");
  });

  test("may never end: the time for the login does", async () => {
    const late = new AbortController();
    const script: Script = { session: async () => late.abort(new Error("late")) };
    const { sidecar } = await start(script, { limit: () => late.signal });
    const said = (await answerTo(sidecar.socket, startupOf())).toString();
    expect(said).toMatch(/C08006.*the login took too long/s);
    expect([sidecar.refusals, sidecar.held()]).toEqual([["timeout"], {}]);
  });
});

test("no secret is in what is logged", async () => {
  const { sidecar } = await start(refusing(serverError("28P01", "no"), serverError("28P01", "no")));
  await answerTo(sidecar.socket, hello);
  expect(sidecar.logs.join("\n")).not.toMatch(/secret [ab]/);
  expect(sidecar.logs).toHaveLength(1);
});
