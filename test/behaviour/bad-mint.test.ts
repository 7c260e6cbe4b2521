import type { DoubleFault } from "@rotate/doubles";
import { describe, expect, test } from "vitest";
import {
  expectRecovered,
  expectRefused,
  openScene,
  specWith,
  type Options,
  type Refusal,
  type Scene,
} from "./support.ts";

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

  test("is not asked again before its time: until then a plan says that the rotation waits, and that it would rotate when that is over", async () => {
    const spec = specWith().replace("initial: 100ms, max: 100ms", "initial: 1h, max: 1h");
    const scene = await openScene({ spec });
    const env = { DATABRICKS_HOST: "http://127.0.0.1:1" };
    expect((await scene.rotate(once, { env })).code).toBe(1);
    const waiting = await scene.rotate(["plan"]);
    expect(waiting.stdout).toContain("0 of 1 would rotate now, 1 waits. ");
    expect(waiting.stdout).toMatch(/^app: waiting after a failure: .*, next try in \d+m$/m);
    expect(await planned(scene)).toMatchObject({ due: true, waits: true });
    const over = { later: 2 * 3_600_000 };
    expect((await scene.rotate(["plan"], over)).stdout).toContain("1 of 1 would rotate now. ");
    expect(await planned(scene, over)).not.toHaveProperty("waits");
    expect(scene.double.mints).toEqual([]);
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

async function planned(scene: Scene, options?: Options): Promise<object> {
  const { stdout } = await scene.rotate(["plan", "--json"], options);
  return JSON.parse(stdout).rotations[0];
}

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

/** A spec whose issuer says this of the end of what it mints, in JSON. */
function ending(unit: string, end: string): string {
  const answer = `{"token":"a-good-token","end":${end}}`;
  return printing(`echo '${answer}'`).replace(
    "format: token, expiresIn: 1h",
    `format: json, fields: { token: {} }, expires: { pointer: /end, unit: ${unit} }`,
  );
}

const never = /counts as never-ending, say when to refresh it/;
const lives: readonly (readonly [what: string, unit: string, end: string, said: RegExp])[] = [
  ["nothing", "seconds", "0", /had expired when it came .*leaves it no time/s],
  ["less than nothing", "seconds", "-5", /had expired when it came/],
  ["an instant that is over", "timestamp", '"2020-01-01T00:00:00Z"', /compare the clock of this machine/],
  ["a second", "seconds", "1", /lives 1 s: nobody can keep that fresh/],
  ["ten years", "seconds", "315360000", /rotated in .*, 3649d left, next in 2\d{3}d/],
  ["eleven years", "seconds", "346896000", never],
  ["until the year 33715", "unix-milliseconds", "1001800000000000", never],
  ["until the year 33715, as a text", "timestamp", '"+033715-01-01T00:00:00Z"', /not an RFC 3339 time/],
  ["1e300 seconds", "seconds", "1e300", /so large that no calendar reaches to it/],
  ["no number", "seconds", '"soon"', /is not a number/],
];

test.each(lives)(
  "a credential that lives %s is taken or refused in plain words, and every command goes on",
  async (_, unit, end, said) => {
    const scene = await openScene({ spec: ending(unit, end) });
    const { stdout, stderr } = await scene.rotate(["run", "--timeout", "0s"]);
    expect(`${stdout}${stderr}`.replaceAll(/\s+/g, " ")).toMatch(said);
    for (const argv of [["status", "--check"], ["plan"], ["needs-rotation", "app"], ["history"], ["run"]]) {
      const told = await scene.rotate(argv);
      expect([argv, [0, 1].includes(told.code ?? -1)]).toEqual([argv, true]);
      expect(`${told.stdout}${told.stderr}`).not.toMatch(/unexpected|Invalid|NaN|Infinity/);
    }
    scene.write("rotate.yaml", printing("echo another-good-token"));
    expect((await scene.rotate(["run", "--force"])).code).toBe(0);
    expect((await scene.rotate(["status", "--check"])).code).toBe(0);
  },
);
