import { describe, expect, test } from "vitest";
import { renderDiagnostics } from "../../src/loading/render-diagnostics.ts";
import { edited, load, told } from "./load.ts";
import { soundSpec } from "./sample-plugins.ts";

const howToRefer = "say where it is read: { env: NAME }, { file: PATH }, { exec: [command] } or { credential: NAME }";

/** What is wrong, the edit of the sound spec that makes it so, and everything that is told. */
const faults: readonly (readonly [
  what: string,
  edit: readonly [from: string, to: string],
  expected: readonly string[],
])[] = [
  [
    "an empty spec",
    [soundSpec, ""],
    ["1:1 the spec is empty (it begins with `version: 1` and needs `providers` and `rotations`)"],
  ],
  [
    "a spec of comments",
    [soundSpec, "# nothing\n"],
    ["1:1 the spec is empty (it begins with `version: 1` and needs `providers` and `rotations`)"],
  ],
  ["a list", [soundSpec, "- a\n"], ["1:1 the spec must be a mapping"]],
  ["a text", [soundSpec, "hello"], ["1:1 the spec must be a mapping"]],
  ["no version", ["version: 1\n", ""], ['1:1 the spec is missing "version" (the version of this format)']],
  ["another version", ["version: 1", "version: 2"], ["1:10 version must be 1"]],
  ["a version in quotes", ["version: 1", 'version: "1"'], ["1:10 version must be 1"]],
  ["an unknown key", ["name: demo", "nam: demo"], ['2:1 the spec has an unknown key "nam" (did you mean "name"?)']],
  [
    "a name that is none",
    ["name: demo", "name: My Spec"],
    [
      "2:7 name is not of the form that is expected (expected: names the state; default: the file's name and a hash of its path (lower-case letters, digits, dots, dashes and underscores, up to 63, beginning with a letter or digit))",
    ],
  ],
  ["no rotations", [soundSpec.slice(soundSpec.indexOf("rotations:")), "rotations: {}\n"], ["10:12 rotations is empty"]],
  ["an empty key", ["reload: [app]", "reload:"], ["23:5 rotations.db.reload is empty (expected a list)"]],
  [
    "an unknown provider type",
    ["type: cloud-token", "type: cloud-tokn"],
    ['5:11 providers.lakebase.type is "cloud-tokn", which is not known (did you mean "cloud-token"?)'],
  ],
  ["no type", ["    type: cloud-token\n", ""], ['4:3 providers.lakebase is missing "type"']],
  [
    "a missing option",
    ["    host: { env: CLOUD_HOST }\n", ""],
    ['4:3 providers.lakebase is missing "host" (the address of the API)'],
  ],
  [
    "an unknown option",
    ["    host:", "    hots: x\n    host:"],
    ['6:5 providers.lakebase has an unknown key "hots" (did you mean "host"?)'],
  ],
  [
    "keys that stand one level deeper",
    ["    reload: [app]", "    reload: [app]\n    ttl: 1h\n    grace: 5m\n    every: 50m"],
    [
      '24:5 rotations.db has an unknown key "ttl" (known: provider, refresh, retry, onFailure, drift, overlap, budget, maxLive, cache, moves, host, runsOn, renamedFrom, foreach, request, verify, sinks, reload, health; what its provider is asked for stands in `request: { … }`)',
      '25:5 rotations.db has an unknown key "grace" (it stands one level deeper: `overlap: { grace: … }`)',
      '26:5 rotations.db has an unknown key "every" (it stands one level deeper: `refresh: { every: … }`)',
    ],
  ],
  [
    "a number for a text",
    ["{ env: CLOUD_HOST }", "42"],
    ['6:11 providers.lakebase.host must be a text (put it in quotes: "42")'],
  ],
  [
    "no URL",
    ["{ env: CLOUD_HOST }", "example"],
    ["6:11 providers.lakebase.host must be a URL (such as https://host.example.com)"],
  ],
  [
    "a method that is unknown",
    ["method: oauth-m2m", "method: oath-m2m"],
    ['7:21 providers.lakebase.auth.method is "oath-m2m", which is not known (did you mean "oauth-m2m"?)'],
  ],
  [
    "an option of another method",
    ["method: oauth-m2m,", "method: oauth-m2m, token: { env: T },"],
    ['7:32 providers.lakebase.auth has an unknown key "token" (known: method, clientId, clientSecret)'],
  ],
  [
    "a literal secret",
    ["{ file: secrets/dbx }", "dapi0123456789"],
    [`7:76 providers.lakebase.auth.clientSecret is secret, so it must not be written in the spec (${howToRefer})`],
  ],
  [
    "a secret that is a number",
    ["{ file: secrets/dbx }", "123456"],
    [`7:76 providers.lakebase.auth.clientSecret is secret, so it must not be written in the spec (${howToRefer})`],
  ],
  [
    "a secret that is a template where none may stand",
    ["{ file: secrets/dbx }", '"{{ token }}"'],
    [`7:76 providers.lakebase.auth.clientSecret is secret, so it must not be written in the spec (${howToRefer})`],
  ],
  [
    "an empty secret",
    ["{ file: secrets/dbx }", ""],
    [`7:62 providers.lakebase.auth.clientSecret is empty (${howToRefer})`],
  ],
  [
    "a misspelt reference",
    ["{ file: secrets/dbx }", "{ fil: secrets/dbx }"],
    ['7:76 providers.lakebase.auth.clientSecret is not a reference (did you mean "file"?)'],
  ],
  [
    "two references at once",
    ["{ file: secrets/dbx }", "{ file: a, env: B }"],
    [
      "7:76 providers.lakebase.auth.clientSecret is not a reference (write { env: NAME }, { file: PATH }, { exec: [command] } or { credential: NAME })",
    ],
  ],
  [
    "a literal secret in verify",
    ['password: "{{ token }}"', "password: hunter2"],
    [
      `16:70 rotations.db.verify[0].password is secret, so it must not be written in the spec (${howToRefer}, or a template such as "{{ token }}")`,
    ],
  ],
  [
    "an unknown provider",
    ["provider: lakebase", "provider: lakebasse"],
    ['12:15 there is no provider "lakebasse" (did you mean "lakebase"?)'],
  ],
  ["an unknown reload", ["reload: [app]", "reload: [ap]"], ['23:14 there is no reload "ap" (did you mean "app"?)']],
  [
    "an unknown sink type",
    ["type: dotenv", "type: dotev"],
    ['18:15 rotations.db.sinks[0].type is "dotev", which is not known (did you mean "dotenv"?)'],
  ],
  [
    "a reference where the engine itself goes by the value",
    ["command: [systemctl, restart, app] }", "command: [systemctl, restart, app], timeout: { env: PATIENCE } }"],
    ["9:67 reloads.app.timeout must be a duration such as 90s, 50m, 1h30m or 2d (larger units first, no fractions)"],
  ],
  [
    "a request that does not fit",
    ["projects/app/endpoints/primary", "app"],
    [
      '13:26 rotations.db.request.endpoint is not of the form that is expected (expected: such as "projects/app/endpoints/primary")',
    ],
  ],
  [
    "no request",
    ["    request: { endpoint: projects/app/endpoints/primary }\n", ""],
    ['11:3 rotations.db.request is missing "endpoint"'],
  ],
  [
    "a life that is too long",
    ["primary }", "primary, ttl: 2h }"],
    ["13:63 rotations.db.request.ttl is 2h; at most 1h is possible"],
  ],
  [
    "a life that is too short",
    ["primary }", "primary, ttl: 4m59s }"],
    ["13:63 rotations.db.request.ttl is 4m59s; at least 5m is needed"],
  ],
  [
    "a duration without its unit",
    ["before: 10m", "before: 10"],
    [
      "14:24 rotations.db.refresh.before must be a duration such as 90s, 50m, 1h30m or 2d (add the unit: 10s, 10m or 10h)",
    ],
  ],
  [
    "a duration with a fraction",
    ["before: 10m", "before: 1.5h"],
    [
      "14:24 rotations.db.refresh.before must be a duration such as 90s, 50m, 1h30m or 2d (larger units first, no fractions)",
    ],
  ],
  [
    "every no shorter than the life",
    ["before: 10m", "every: 1h"],
    [
      "14:23 rotations.db.refresh.every is 1h, but the credential lives 1h and is to be replaced 6m before its end (let it be replaced within 54m of its life, or make `margin` smaller)",
    ],
  ],
  [
    "before no shorter than the life",
    ["before: 10m", "before: 2h"],
    [
      "14:24 rotations.db.refresh.before is 2h, but the credential lives 1h and is to be replaced 6m before its end (let it be replaced within 54m of its life, or make `margin` smaller)",
    ],
  ],
  [
    "a share that ends in the margin",
    ["before: 10m", "at: 95%"],
    [
      "14:20 rotations.db.refresh.at is 95%, but the credential lives 1h and is to be replaced 6m before its end (let it be replaced within 54m of its life, or make `margin` smaller)",
    ],
  ],
  [
    "a margin over a fifth of the life",
    ["before: 10m", "before: 20m, margin: 15m"],
    [
      "14:37 rotations.db.refresh.margin is 15m, but the credential lives 1h (make it 12m or less: a fifth of the life)",
    ],
  ],
  [
    "a cron that comes too seldom for the life",
    ["before: 10m", 'cron: "0 3 * * *"'],
    [
      "14:22 rotations.db.refresh.cron comes every 1d at the most often, but the credential is to be replaced within 54m (let it come more often, or leave refresh out)",
    ],
  ],
  [
    "refresh faster than anybody can keep",
    ["before: 10m", "every: 500ms"],
    ["14:23 rotations.db.refresh.every is 500ms; at least 1s is needed"],
  ],
  [
    "two rules of refresh",
    ["before: 10m", "before: 10m, at: 66%"],
    ["14:14 rotations.db.refresh has at and before: only one of them can rule (keep one)"],
  ],
  ["a share over the whole", ["before: 10m", "at: 100%"], ["14:20 rotations.db.refresh.at must be between 1% and 99%"]],
  [
    "a share that is none",
    ["before: 10m", "at: 0.66"],
    ['14:20 rotations.db.refresh.at must be a text (put it in quotes: "0.66")'],
  ],
  [
    "a cron that is none",
    ["before: 10m", 'cron: "61 * * * *"'],
    [expect.stringMatching(/^14:22 rotations\.db\.refresh\.cron is no cron expression \(.*61/) as string],
  ],
  [
    "an unknown time zone",
    ["before: 10m", 'cron: "0 3 * * *", timezone: Mars/Base'],
    [expect.stringMatching(/^14:22 rotations\.db\.refresh\.cron is no cron expression \(.*Mars\/Base/) as string],
  ],
  [
    "a time zone without cron",
    ["before: 10m", "before: 10m, timezone: Europe/Berlin"],
    ["14:39 rotations.db.refresh.timezone belongs to a cron"],
  ],
  [
    "a number as a mode",
    ["path: .env", "path: .env\n        mode: 0640"],
    ['20:15 rotations.db.sinks[0].mode must be a text (put it in quotes: "0640")'],
  ],
  [
    "a template with an unknown field",
    ['DB_PASSWORD: "{{ token }}"', 'DB_PASSWORD: "{{ tokn }}"'],
    ['21:28 rotations.db.sinks[0].values.DB_PASSWORD: the credential has no field "tokn" (did you mean "token"?)'],
  ],
  [
    "a template with an unknown filter",
    ["| uri_component", "| uricomponent"],
    [
      '22:52 rotations.db.sinks[0].values.DATABASE_URL: there is no filter "uricomponent" (did you mean "uri_component"?)',
    ],
  ],
  [
    "a template that is not closed",
    ['DB_PASSWORD: "{{ token }}"', 'DB_PASSWORD: "{{ token"'],
    ["21:25 rotations.db.sinks[0].values.DB_PASSWORD: a `{{` is not closed (close it with }})"],
  ],
  [
    "a template with a tag that reads files",
    ['DB_PASSWORD: "{{ token }}"', "DB_PASSWORD: \"{% include 'x' %}\""],
    [
      '21:28 rotations.db.sinks[0].values.DB_PASSWORD: there is no tag "include" (known: assign, break, capture, case, comment, continue, echo, for, if, raw, unless)',
    ],
  ],
  [
    "a template without quotes",
    ['DB_PASSWORD: "{{ token }}"', "DB_PASSWORD: {{ token }}"],
    ['21:24 a key must be a text (was a template meant? quote it: "{{ field }}")'],
  ],
  [
    "a template where none may stand",
    ["path: .env", 'path: "{{ token }}.env"'],
    ["19:19 rotations.db.sinks[0].path cannot hold this template (templates stand in `values` and in secret options)"],
  ],
  [
    "a template of an unknown field in an option of verify",
    ["user: svc,", 'user: "{{ tokn }}",'],
    ['16:59 rotations.db.verify[0].user: the credential has no field "tokn" (did you mean "token"?)'],
  ],
  [
    "a template in an option of verify that takes none",
    ["host: db.example.com,", 'host: "{{ token }}",'],
    [
      "16:37 rotations.db.verify[0].host cannot hold this template (here templates stand in secret options, and in those that are told to what is probed, such as `user`)",
    ],
  ],
  [
    "a template in a probe of the consumer",
    ["http://127.0.0.1:7007/health", "http://127.0.0.1:7007/{{ token }}"],
    [
      "25:54 rotations.db.health[0].url cannot hold this template (the credential is no longer at hand here: let it read what a sink wrote, as in { file: … })",
    ],
  ],
  [
    "a template in a named reload",
    ["[systemctl, restart, app]", '[systemctl, restart, "{{ token }}"]'],
    [
      "9:56 reloads.app.command[2] cannot hold this template (the credential is no longer at hand here: let it read what a sink wrote, as in { file: … })",
    ],
  ],
  [
    "a part of a text",
    ['DB_PASSWORD: "{{ token }}"', 'DB_PASSWORD: "{{ token.value }}"'],
    ['21:28 rotations.db.sinks[0].values.DB_PASSWORD: the field "token" is text and has no parts (write {{ token }})'],
  ],
  [
    "an unknown part of the lease",
    ['DB_PASSWORD: "{{ token }}"', 'DB_PASSWORD: "{{ lease.expires }}"'],
    ['21:28 rotations.db.sinks[0].values.DB_PASSWORD: there is no "lease.expires" (did you mean "expiresAt"?)'],
  ],
  [
    "each without foreach",
    ['DB_PASSWORD: "{{ token }}"', 'DB_PASSWORD: "{{ each.id }}"'],
    ['21:28 rotations.db.sinks[0].values.DB_PASSWORD: "each.id" needs `foreach` on the rotation'],
  ],
  [
    "a key that the sink cannot write",
    ["DB_PASSWORD:", "DB-PASSWORD:"],
    ['21:11 "DB-PASSWORD" cannot be a key of rotations.db.sinks[0].values (expected: an environment variable name)'],
  ],
  [
    "a number as a value",
    ['DB_PASSWORD: "{{ token }}"', "DB_PASSWORD: 5432"],
    ['21:24 rotations.db.sinks[0].values.DB_PASSWORD must be a text (put it in quotes: "5432")'],
  ],
  [
    "no values",
    [soundSpec.slice(soundSpec.indexOf("        values:"), soundSpec.indexOf("    reload:")), ""],
    [
      '18:9 rotations.db.sinks[0] is missing "values" (what is written: a template such as {{ token }} by destination key)',
    ],
  ],
  [
    "no sinks",
    [soundSpec.slice(soundSpec.indexOf("    sinks:"), soundSpec.indexOf("    reload:")), ""],
    ['11:3 rotations.db is missing "sinks" (where the credential is written, in this order)'],
  ],
  [
    "a command that is no list",
    ["command: [systemctl, restart, app]", "command: systemctl restart app"],
    ["9:31 reloads.app.command must be a list (write it as a list: [ … ], or lines that begin with a dash)"],
  ],
  [
    "a rotation name that is none",
    ["  db:\n", "  DB:\n"],
    [
      '11:3 "DB" cannot be a key of rotations (expected: lower-case letters, digits, dots, dashes and underscores, up to 63, beginning with a letter or digit)',
    ],
  ],
  ["a key twice", ["name: demo", "name: demo\nname: other"], ['3:1 "name" stands twice (first on line 2)']],
  [
    "a key that pollutes",
    ["name: demo", "name: demo\nx-a: { b: { __proto__: { polluted: 1 } } }"],
    ['3:13 "__proto__" cannot be a key'],
  ],
  [
    "an unknown tag",
    ["name: demo", "name: !!js/function demo"],
    ["2:7 an unknown tag (a spec has plain values only: remove the `!…`)"],
  ],
  [
    "two documents",
    ["name: demo", "name: demo\n---"],
    [
      "3:1 invalid YAML: more than one document in the file (remove the second `---` and what follows, or make it another spec)",
    ],
  ],
  [
    "an alias that leads nowhere",
    ["name: demo", "name: *nobody"],
    ["2:7 no such anchor before this alias (a text that begins with * needs quotes)"],
  ],
  [
    "a tab in the indentation",
    ["  lakebase:\n", "\tlakebase:\n"],
    ["4:1 invalid YAML: a tab in the indentation (use spaces)"],
  ],
  [
    "a quote that is not closed",
    ['url: "http', "url: 'http"],
    [expect.stringMatching(/^\d+:\d+ invalid YAML: /) as string],
  ],
  [
    "a plugin by others",
    ["name: demo", "name: demo\nplugins: [rotate-plugin-x]"],
    ["3:11 this command takes built-in plugins only"],
  ],
];

describe("a fault of a spec is told once, with its place, what was expected and what to do:", () => {
  test.each(faults)("%s", async (_what, edit, expected) => {
    expect(await told(edited(edit))).toEqual(expected);
  });

  test("the sound spec has none", async () => {
    expect(await told(soundSpec)).toEqual([]);
  });

  test("two faults at once, in file order", async () => {
    expect(await told(edited(["before: 10m", "before: 10"], ["name: demo", "nam: demo"]))).toEqual([
      '2:1 the spec has an unknown key "nam" (did you mean "name"?)',
      "14:24 rotations.db.refresh.before must be a duration such as 90s, 50m, 1h30m or 2d (add the unit: 10s, 10m or 10h)",
    ]);
  });

  test("one syntax error hides what follows from it", async () => {
    expect(await told(`a: ] x\nb: "\nc: {\n`)).toHaveLength(1);
  });

  test("hundreds of faults end with their count", async () => {
    const keys = Array.from({ length: 500 }, (_, index) => `k${index}: 1`).join("\n");
    const lines = await told(`${soundSpec}${keys}\n`);
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toBe("0:0 and 300 more faults");
  });
});

describe("a rendered fault", () => {
  test("shows its line, the one before, and a mark below the place", async () => {
    const { diagnostics } = await load(edited(["type: cloud-token", "type: cloud-tokn"]));
    expect(renderDiagnostics(diagnostics)).toBe(
      [
        '/etc/app/rotate.yaml:5:11 error: providers.lakebase.type is "cloud-tokn", which is not known',
        "  4 |   lakebase:",
        "> 5 |     type: cloud-tokn",
        "    |           ^^^^^^^^^^",
        '  did you mean "cloud-token"?',
      ].join("\n"),
    );
  });

  test("has colours when asked", async () => {
    const { diagnostics } = await load(edited(["name: demo", "nam: demo"]));
    expect(renderDiagnostics(diagnostics, { color: true })).toContain("\u001B[31m");
    expect(renderDiagnostics(diagnostics)).not.toContain("\u001B");
  });

  test("marks the right columns behind wide characters and tabs", async () => {
    const { diagnostics } = await load(`{"名前": 1,\t"version": 2, "providers": {}, "rotations": {}}`);
    const [, row = "", mark = ""] = renderDiagnostics(diagnostics.filter(({ path }) => path === "version")).split("\n");
    expect(row).toContain("名前");
    expect(mark.indexOf("^")).toBe(row.indexOf("2,") + 2);
  });

  test("shows a window of a very long line", async () => {
    const long = JSON.stringify({ version: 2, "x-a": "y".repeat(5000), providers: {}, rotations: {} });
    const { diagnostics } = await load(long);
    for (const { frame = "" } of diagnostics)
      for (const row of (frame ?? "").split("\n")) expect(row.length).toBeLessThan(140);
  });

  test("lets no control character of the spec reach the terminal", async () => {
    const { diagnostics } = await load(`version: 1\n"\\e[31mx\u202E": 1\nname: "\u0085"\n`);
    expect(renderDiagnostics(diagnostics)).not.toMatch(/[\u001B\u202E\u0085]/);
  });
});
