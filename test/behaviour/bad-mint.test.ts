import type { DoubleFault } from "@rotate/doubles";
import { describe, expect, test } from "vitest";
import { expectRecovered, expectRefused, openScene, type Refusal } from "./support.ts";

const once = ["run", "--force", "--timeout", "0s"];
const route = "POST /api/2.0/postgres/credentials";

/** An answer that begins well. */
function credential(token: string, expires = new Date(Date.now() + 3_600_000)): DoubleFault {
  return { status: 200, body: { token, expire_time: expires.toISOString() } };
}

const bad = { exit: 1, see: "bad_answer" } as const;
const changed = /something between may have changed the answer; nothing was written/;
const faults: readonly (readonly [string, DoubleFault, Refusal])[] = [
  ["a web page", "html", { ...bad, what: /a web page answered instead of the API/, todo: /host must be the URL/ }],
  [
    "an expired token",
    credential("eyJhbGciOiJFUzI1NiJ9.e30.c2ln", new Date(0)),
    { ...bad, what: /had expired when it came/, todo: /compare the clock/ },
  ],
  ["an empty token", credential(""), { ...bad, what: /the token is empty/, todo: changed }],
  [
    "a token with a line feed",
    credential("eyJhbGciOiJFUzI1NiJ9.e30\nADMIN=1.c2ln"),
    { ...bad, what: /the token has a line feed in it/, todo: changed },
  ],
  ["no token at all", { status: 200, body: {} }, { ...bad, what: /the answer has no token/, todo: changed }],
  ["half an answer", "cut", { exit: 1, see: "unavailable", what: /no whole answer from/, todo: /a little later/ }],
];

describe("a mint that answers", () => {
  test.each(faults)("%s changes nothing, and the next one is taken", async (_, fault, refusal) => {
    const scene = await openScene();
    scene.double.faults.always(route, fault);
    await expectRefused(scene, once, refusal);
    scene.double.faults.clear();
    await expectRecovered(scene);
    expect((await scene.rotate(["status", "--check"])).code).toBe(0);
  });
});

describe("an issuer that cannot be reached", () => {
  test.each([
    ["no host of that name", "https://no-such-host.invalid", /cannot (find|look up) the host/, /DNS/],
    ["nobody listens", "http://127.0.0.1:1", /connection refused by/, /is the service running/],
  ])("%s: said, not counted as a credential that may live", async (_, host, what, todo) => {
    const scene = await openScene();
    const env = { DATABRICKS_HOST: host };
    await expectRefused(scene, once, { exit: 1, what, todo, see: "unavailable", env });
    expect((await scene.rotate(["status"])).stdout).not.toContain("unknown");
    await expectRecovered(scene);
  });

  test("a wrong host, which answers everything with a page", async () => {
    const scene = await openScene();
    scene.double.faults.always("*", "html");
    const refusal = { what: /a web page answered/, todo: /host must be the URL of a workspace/, see: "bad_answer" };
    await expectRefused(scene, once, { exit: 1, ...refusal });
    expect(scene.double.mints).toEqual([]);
    scene.double.faults.clear();
    await expectRecovered(scene);
  });
});

const commands: readonly (readonly [string, string, Refusal])[] = [
  [
    "two lines",
    "printf 'one\\ntwo\\n'",
    { ...bad, what: /more than one token/, todo: /must print the token on one line/ },
  ],
  ["nothing", "true", { ...bad, what: /empty|nothing/, todo: /run the command by hand/ }],
  [
    "a web page",
    "echo '<html><body>Sign in</body></html>'",
    { ...bad, what: /token/, todo: /run the command by hand/ },
  ],
];

/** A spec whose credential is what a shell prints. */
function printing(command: string): string {
  return `version: 1
providers:
  own: { type: exec, command: ["sh", "-c", ${JSON.stringify(command)}] }
rotations:
  app:
    provider: own
    request: { format: token, expiresIn: 1h }
    retry: { initial: 100ms, max: 100ms }
    sinks: [{ type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }]
`;
}

test.each(commands)("a command that prints %s instead of a token changes nothing", async (_, script, refusal) => {
  const scene = await openScene({ spec: printing(script) });
  await expectRefused(scene, once, refusal);
  scene.write("rotate.yaml", printing("echo a-good-token"));
  expect((await scene.rotate(["run"])).code).toBe(0);
  expect(scene.env()).toBe("# mine\nTOKEN=a-good-token\nPORT=8080\n");
});
