import fc from "fast-check";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/loading/bounds.ts";
import { edited, load, loadSound, told } from "./load.ts";
import { soundSpec } from "./sample-plugins.ts";

describe("hostile YAML is refused without harm:", () => {
  test("aliases that multiply", async () => {
    const levels = Array.from(
      { length: 40 },
      (_, level) => `x-${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(", ")}]`,
    );
    const lines = await told(`x-0: &a0 [lol]\n${levels.join("\n")}\n${soundSpec}`);
    expect(lines[0]).toMatch(/aliases repeat more than 1000000 values/);
  });

  test("an alias inside its own anchor", async () => {
    expect(await told(`x-a: &a [*a]\n${soundSpec}`)).toEqual(["1:10 this alias stands inside its own anchor"]);
  });

  test("an alias that leads nowhere, where the path of a secret should stand", async () => {
    const lines = await told(soundSpec.replace("file: secrets/dbx", "file: *a"));
    expect(lines).toEqual([expect.stringContaining("no such anchor before this alias")]);
  });

  test.each([
    ["brackets", `x-a: ${"[".repeat(100_000)}`],
    ["closed brackets", `x-a: ${"[".repeat(100)}${"]".repeat(100)}`],
    ["dashes", `${"- ".repeat(100_000)}a`],
    ["question marks", `${"? ".repeat(100_000)}a`],
    ["JSON", `{"x-a": ${"[".repeat(100_000)}`],
    ["indentation", Array.from({ length: 100 }, (_, depth) => `${" ".repeat(depth)}x-a:`).join("\n")],
  ])("deep nesting by %s", async (_how, text) => {
    expect((await told(`${text}\n`)).join()).toContain("collections nest deeper than 64");
  });

  test("brackets inside texts are no nesting", async () => {
    expect(await told(`x-a: "${"[".repeat(1000)}"\n${soundSpec}`)).toEqual([]);
  });

  test("a file over the limit, before it is parsed", async () => {
    expect(await told(`x-a: "${"y".repeat(limits.bytes)}"\n`)).toEqual(["0:0 larger than 16 MiB"]);
  });

  test("two hundred thousand keys, in linear time", async () => {
    const keys = Array.from({ length: 200_000 }, (_, index) => `x-${index}: 1`).join("\n");
    expect(await told(`${soundSpec}${keys}\n`)).toEqual([]);
  }, 60_000);

  test.each(["__proto__", "constructor", "prototype"])("the key %s, at any depth, in YAML and JSON", async (key) => {
    expect((await told(`x-a: [{ ${key}: { polluted: 1 } }]\n${soundSpec}`))[0]).toContain(`"${key}" cannot be a key`);
    expect((await told(`{ "x-a": [{ "${key}": { "polluted": 1 } }] }`)).join()).toContain(`"${key}" cannot be a key`);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("a key twice in JSON", async () => {
    expect((await told(`{ "version": 1, "version": 1 }`)).join()).toContain('"version" stands twice (first on line 1)');
  });

  test("another version of YAML, in which yes is true", async () => {
    expect((await told(`%YAML 1.1\n---\n${soundSpec}`))[0]).toContain("a spec is YAML 1.2");
  });
});

describe("YAML is read as 1.2 says:", () => {
  test("no, on and 12:30 are texts", async () => {
    const spec = await loadSound(edited(["[systemctl, restart, app]", "[no, on, 12:30:45, 1_000]"]));
    expect(spec.rotations[0]?.reloads[0]?.options["command"]).toEqual(["no", "on", "12:30:45", "1_000"]);
  });

  test("anchors, aliases and merged keys serve in x- keys", async () => {
    const text = edited(
      ["version: 1", "x-auth: &auth { method: pat, token: { env: T } }\nx-more: &more { retries: 7 }\nversion: 1"],
      [
        "    auth: { method: oauth-m2m, clientId: { env: CLIENT_ID }, clientSecret: { file: secrets/dbx } }",
        "    auth: *auth\n    <<: *more",
      ],
    );
    expect((await loadSound(text)).providers.get("lakebase")?.options).toMatchObject({
      auth: { method: "pat" },
      retries: 7,
    });
  });

  test("a fault in a merged key is told where it is written", async () => {
    const text = edited(
      ["version: 1", "x-more: &more { retries: many }\nversion: 1"],
      ["    auth:", "    <<: *more\n    auth:"],
    );
    expect(await told(text)).toEqual(["1:26 providers.lakebase.retries must be a whole number"]);
  });

  test("a byte order mark and CRLF change nothing", async () => {
    expect(await told(`\uFEFF${soundSpec.replaceAll("\n", "\r\n")}`)).toEqual([]);
    expect(await told(edited(["name: demo", "nam: demo"]).replaceAll("\n", "\r\n"))).toEqual([
      '2:1 the spec has an unknown key "nam" (did you mean "name"?)',
    ]);
  });
});

/** What is wrong with the end of a load, whatever the text: nothing, hopefully. */
async function oddsOf(text: string): Promise<readonly string[]> {
  const { spec, diagnostics } = await load(text);
  const refused = diagnostics.some(({ severity }) => severity === "error");
  const lines = text.split(/\r\n|\r|\n/).length;
  const lost = diagnostics.filter(({ line, column }) => line < 1 || line > lines || column < 1);
  return [
    ...((spec === undefined) === refused ? [] : ["a spec beside an error, or neither"]),
    ...lost.map(({ message }) => `no place: ${message}`),
  ];
}

describe("whatever the text, the loader ends with a spec or with an error at a place:", () => {
  test("any text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (text) => {
        expect(await oddsOf(text)).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });

  test("any value in the place of any other", async () => {
    const words = soundSpec.match(/[\w.-]+|[{}[\],:"]/g) ?? [];
    const value = fc.oneof(
      fc.constantFrom(
        "~",
        "[]",
        "{}",
        "1",
        "true",
        '""',
        "*a",
        "&a x",
        "!t x",
        "|",
        "- a",
        "{{ token }}",
        "{ env: X }",
        "\n",
      ),
      fc.constantFrom(...words),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(words.length - 1), value, async (index, replacement) => {
        let seen = 0;
        expect(
          await oddsOf(soundSpec.replaceAll(/[\w.-]+|[{}[\],:"]/g, (word) => (seen++ === index ? replacement : word))),
        ).toEqual([]);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test("any character cut out or doubled", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(soundSpec.length - 1), fc.boolean(), async (place, doubled) => {
        const keep = doubled ? place : place + 1;
        expect(await oddsOf(soundSpec.slice(0, place + (doubled ? 1 : 0)) + soundSpec.slice(keep))).toEqual([]);
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  test("any JSON under any top-level key", async () => {
    const key = fc.constantFrom(
      "version",
      "name",
      "providers",
      "reloads",
      "rotations",
      "defaults",
      "notify",
      "monitor",
      "plugins",
      "stateDir",
      "x-a",
    );
    await fc.assert(
      fc.asyncProperty(key, fc.jsonValue({ maxDepth: 4 }), async (name, json) => {
        expect(
          await oddsOf(JSON.stringify({ version: 1, name: "a", providers: {}, rotations: {}, [name]: json })),
        ).toEqual([]);
      }),
      { numRuns: 120 },
    );
  }, 120_000);
});

test("ten thousand rotations are loaded", async () => {
  const [head = "", rotation = ""] = soundSpec.split("rotations:\n");
  const rotations = Array.from({ length: 10_000 }, (_, index) =>
    rotation.replace("  db:", `  db-${index}:`).replace("path: .env", `path: ${index}.env`),
  );
  const spec = await loadSound(`${head}rotations:\n${rotations.join("")}`);
  expect(spec.rotations).toHaveLength(10_000);
}, 120_000);

/** The paths of all values in it, objects and lists as well. */
function pathsIn(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, each]) => pathsIn(each, [...path, key]))];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, at) => (at === key ? replaced(each, rest, by) : (each as unknown)));
  const own = value as Readonly<Record<string, unknown>>;
  return { ...own, [key]: replaced(own[key], rest, by) };
}

test("keys that a program gives its own objects are refused by place, wherever they stand", async () => {
  const sound: unknown = parse(soundSpec);
  const odd = { toString: null, valueOf: null, toJSON: null };
  const accepted: string[] = [];
  for (const path of pathsIn(sound))
    if ((await told(JSON.stringify(replaced(sound, path, odd)))).length === 0) accepted.push(path.join("."));
  expect(accepted).toEqual([]);
});
