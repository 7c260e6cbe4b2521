import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describeSource, isReference, isTemplateOption } from "@rotate/runtime";
import { describe, expect, test } from "vitest";
import { edited, firstRotation, load, loadSound, told } from "./load.ts";
import { soundSpec } from "./sample-plugins.ts";

const dotenvSink = soundSpec.slice(soundSpec.indexOf("      - type: dotenv"), soundSpec.indexOf("    reload:"));
const request = "    request: { endpoint: projects/app/endpoints/primary }\n";

/** The sound spec with other sinks. */
function withSinks(...sinks: readonly string[]): string {
  return edited([dotenvSink, sinks.map((sink) => `      - ${sink}\n`).join("")]);
}

/** The sound spec on Vault, whose credential has a user name and a password. */
function onVault(...sinks: readonly string[]): string {
  return withSinks(...sinks)
    .replace(
      / {4}type: cloud-token[^]*?(?=reloads:)/,
      "    type: vault\n    address: https://vault.example.com\n    token: { env: VAULT_TOKEN }\n",
    )
    .replace(request, "    request: { path: database/creds/app, fields: [username, password] }\n")
    .replace("{{ token }}", "{{ password }}");
}

describe("a loaded spec", () => {
  test("has its defaults filled, durations in milliseconds, paths absolute", async () => {
    const spec = await loadSound(edited(["name: demo", "stateDir: state"], ["path: .env", "path: ~/app/.env"]));
    expect(spec.stateDir).toBe("/etc/app/state");
    const { sinks, refresh, retry, overlap, budget, maxLive, onFailure, drift, ttl, reloads, health } =
      spec.rotations[0] ?? {};
    expect(sinks?.[0]).toMatchObject({
      target: "/home/app/app/.env",
      options: { path: "/home/app/app/.env", dialect: "posix" },
      where: "rotations.db.sinks[0]",
    });
    expect({ refresh, retry, overlap, budget, maxLive, onFailure, drift, ttl }).toEqual({
      refresh: { rule: { before: 600_000 }, jitter: 0.1, margin: undefined, windows: [] },
      retry: { initial: 1000, max: 300_000 },
      overlap: { revoke: "adopted", grace: 300_000, deadline: undefined },
      budget: { perMinute: 5, perHour: 30 },
      maxLive: 6,
      onFailure: "keep",
      drift: "report",
      ttl: 3_600_000,
    });
    expect(reloads?.[0]).toMatchObject({ name: "app", timeout: 60_000, continueOnError: false });
    expect(health?.[0]).toMatchObject({ within: 60_000, timeout: 10_000 });
  });

  test("keeps references as where to read, files absolute", async () => {
    const { providers } = await loadSound(soundSpec);
    const auth = providers.get("lakebase")?.options["auth"] as Record<string, unknown>;
    expect(isReference(auth["clientSecret"]) && describeSource(auth["clientSecret"].source)).toBe(
      "{ file: /etc/app/secrets/dbx }",
    );
    expect(isReference(auth["clientSecret"]) && auth["clientSecret"].secret).toBe(true);
    expect(isReference(auth["clientId"]) && auth["clientId"].secret).toBe(false);
  });

  test("holds referenced durations and paths to their formats when they are read", async () => {
    const { providers } = await loadSound(edited(["    auth:", "    patience: { env: PATIENCE }\n    auth:"]));
    const patience = providers.get("lakebase")?.options["patience"];
    if (!isReference(patience)) throw new Error("not a reference");
    expect(patience.finish?.("2m")).toBe(120_000);
    expect(() => patience.finish?.("soon")).toThrow(expect.objectContaining({ code: "INVALID" }) as Error);
  });

  test("keeps a secret template of verify as a template", async () => {
    const { verify } = await firstRotation(soundSpec);
    const password = verify[0]?.options["password"];
    expect(isTemplateOption(password) && password.template.fields).toEqual(["token"]);
  });

  test("takes the defaults of the spec where the rotation says nothing", async () => {
    const text = edited(
      ["name: demo", "defaults: { refresh: { at: 50%, jitter: 5% }, retry: { max: 1m } }"],
      ["    refresh: { before: 10m }\n", "    refresh: { margin: 2m }\n    retry: { initial: 5s }\n"],
    );
    const { refresh, retry } = await firstRotation(text);
    expect(refresh).toEqual({ rule: { at: 0.5 }, jitter: 0.05, margin: 120_000, windows: [] });
    expect(retry).toEqual({ initial: 5000, max: 60_000 });
  });

  test("rolls back when the rotation or one of its reloads says so", async () => {
    expect((await firstRotation(edited(["command:", "onFailure: rollback, command:"]))).onFailure).toBe("rollback");
    expect(
      (
        await firstRotation(
          edited(["command:", "onFailure: rollback, command:"], ["    reload:", "    onFailure: keep\n    reload:"]),
        )
      ).onFailure,
    ).toBe("keep");
  });

  test("tells of entries that nothing uses", async () => {
    const { spec, diagnostics } = await load(edited(["    reload: [app]\n", ""]));
    expect(spec?.warnings).toEqual(diagnostics);
    expect(diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "warning: reloads.app is not used by any rotation",
    ]);
  });

  test("keeps notifications and monitoring for those who serve them", async () => {
    const text = `${soundSpec}notify: [{ type: http, url: { env: HOOK }, remind: 1h }]\nmonitor: { textfile: rotate.prom, heartbeat: { url: "https://beat.example.com" } }\n`;
    const { notify, monitor } = await loadSound(text);
    expect(notify[0]).toMatchObject({
      type: "http",
      remind: 3_600_000,
      after: 3,
      on: expect.arrayContaining(["failed", "expiring", "expired", "reload-owed", "recovered"]),
    });
    expect(monitor).toEqual({ textfile: "/etc/app/rotate.prom", heartbeat: { url: "https://beat.example.com" } });
  });
});

describe("the hash of a rotation", () => {
  test.each([
    ["its probes", ["within: 60s", "within: 30s"]],
    ["its reloads", ["[systemctl, restart, app]", "[systemctl, reload, app]"]],
    ["its refresh", ["before: 10m", "before: 9m"]],
  ] as const)("stays when %s change", async (_what, edit) => {
    expect((await firstRotation(edited(edit))).hash).toBe((await firstRotation(soundSpec)).hash);
  });

  test.each([
    ["the request", ["endpoints/primary", "endpoints/other"]],
    ["a provider option", ["env: CLIENT_ID", "env: OTHER_ID"]],
    ["a sink", ["path: .env", "path: other.env"]],
    ["a value", ['app"\n', 'app2"\n']],
    ["a life", ["primary }", "primary, ttl: 30m }"]],
  ] as const)("changes with %s", async (_what, edit) => {
    expect((await firstRotation(edited(edit))).hash).not.toBe((await firstRotation(soundSpec)).hash);
  });

  test("and the identity of a sink are the same for the same sink written in another order", async () => {
    const one = await firstRotation(withSinks('{ type: dotenv, path: .env, values: { A: "{{ token }}", B: "x" } }'));
    const other = await firstRotation(
      withSinks('{ values: { B: "x", A: "{{ token }}" }, path: ./.env, type: dotenv }'),
    );
    expect(other.sinks[0]?.id).toBe(one.sinks[0]?.id);
    expect(other.hash).toBe(one.hash);
  });
});

describe("two writers of one key are refused:", () => {
  test("in one rotation", async () => {
    const lines = await told(
      withSinks(
        '{ type: dotenv, path: .env, values: { A: "{{ token }}" } }',
        '{ type: dotenv, path: ./x/../.env, values: { A: "{{ token }}", B: "{{ token }}" } }',
      ),
    );
    expect(lines).toEqual([
      "19:54 rotations.db.sinks[1] writes A in /etc/app/.env, which rotations.db.sinks[0] writes too (each key has one writer)",
    ]);
  });

  test("in two rotations", async () => {
    const second = soundSpec
      .slice(soundSpec.indexOf("  db:"))
      .replace("  db:", "  other:")
      .replace("DATABASE_URL", "OTHER_URL");
    const [line] = await told(`${soundSpec}${second}`);
    expect(line).toMatch(
      /rotations\.other\.sinks\[0\] writes DB_PASSWORD in \/etc\/app\/\.env, which rotations\.db\.sinks\[0\] writes too/,
    );
  });

  test("a pointer and what lies in it", async () => {
    const lines = await told(
      withSinks('{ type: json, path: a.json, values: { /db: "{{ token }}", /db/password: "{{ token }}" } }'),
    );
    expect(lines.join()).toContain("writes /db/password in /etc/app/a.json, which rotations.db.sinks[0] writes too");
  });

  test("a whole file twice", async () => {
    const lines = await told(
      withSinks(
        '{ type: file, path: pw, content: "{{ token }}" }',
        '{ type: file, path: pw, content: "x{{ token }}" }',
      ),
    );
    expect(lines.join()).toContain("rotations.db.sinks[1] writes /etc/app/pw, which rotations.db.sinks[0] writes too");
  });

  test("one file by two kinds of sink", async () => {
    const lines = await told(
      withSinks(
        '{ type: dotenv, path: .env, values: { A: "{{ token }}" } }',
        '{ type: json, path: .env, values: { /a: "{{ token }}" } }',
      ),
    );
    expect(lines).toEqual([
      "19:9 rotations.db.sinks[1] writes /etc/app/.env as json, and rotations.db.sinks[0] writes it as dotenv (one file needs one kind of sink)",
    ]);
  });

  test("other keys of one file are no clash", async () => {
    expect(
      await told(
        withSinks(
          '{ type: dotenv, path: .env, values: { A: "{{ token }}" } }',
          '{ type: dotenv, path: .env, values: { B: "{{ token }}" } }',
        ),
      ),
    ).toEqual([]);
  });
});

describe("fields that only work together", () => {
  test("are not split over sinks", async () => {
    const lines = await told(
      onVault(
        '{ type: dotenv, path: a.env, values: { U: "{{ username }}" } }',
        '{ type: dotenv, path: b.env, values: { P: "{{ password }}" } }',
      ),
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /rotations\.db\.sinks\[0\] writes username without password, which another sink of this rotation writes \(.*partial: true/,
    );
  });

  test("may be, where the sinks say partial", async () => {
    const sinks = [
      '{ type: dotenv, path: a.env, partial: true, values: { U: "{{ username }}" } }',
      '{ type: dotenv, path: b.env, values: { U: "{{ username }}", P: "{{ password }}" } }',
    ];
    expect(await told(onVault(...sinks))).toEqual([]);
  });

  test("are no concern of a sink that writes none of them", async () => {
    expect(
      await told(
        onVault(
          '{ type: dotenv, path: a.env, values: { U: "{{ username }}", P: "{{ password }}" } }',
          '{ type: dotenv, path: b.env, values: { AT: "{{ lease.issuedAt }}" } }',
        ),
      ),
    ).toEqual([]);
  });

  test("are checked against what the request asks for", async () => {
    const lines = await told(onVault('{ type: dotenv, path: a.env, values: { T: "{{ token }}" } }'));
    expect(lines.join()).toContain('the credential has no field "token" (known: username, password');
  });
});

describe("a provider that would log in with what its rotation writes is refused:", () => {
  test("by file", async () => {
    const lines = await told(edited(["path: .env", "path: secrets/dbx"]));
    expect(lines).toEqual([
      '18:9 rotations.db.sinks[0] writes /etc/app/secrets/dbx, which provider "lakebase" reads to log in (let the provider read another file; what a rotation mints for another login belongs in a spec of its own)',
    ]);
  });

  test("by environment variable, per key", async () => {
    const lines = await told(edited(["DB_PASSWORD:", "CLIENT_ID:"]));
    expect(lines[0]).toMatch(
      /^21:11 CLIENT_ID is written here, and provider "lakebase" logs in with the environment variable of that name/,
    );
  });
});

describe("names", () => {
  test("a rotation that was renamed from one that is still there is refused", async () => {
    const second = soundSpec
      .slice(soundSpec.indexOf("  db:"))
      .replace("  db:", "  new:\n    renamedFrom: db")
      .replace("path: .env", "path: b.env");
    expect((await told(`${soundSpec}${second}`)).join()).toContain(
      'rotations.new.renamedFrom is "db", which is still a rotation',
    );
  });

  test("without a name the spec is named by its file", async () => {
    const spec = await loadSound(edited(["name: demo\n", ""]), { file: "/etc/App Server/Rotate.prod.yaml" });
    expect(spec.name).toMatch(/^rotate\.prod-[0-9a-f]{8}$/);
    expect((await loadSound(edited(["name: demo\n", ""]), { file: "/etc/other/Rotate.prod.yaml" })).name).not.toBe(
      spec.name,
    );
  });
});

describe("foreach", () => {
  const settings = "    provider: lakebase\n    foreach: { file: tenants.json, key: id }\n";
  const perTenant = edited(
    ["    provider: lakebase\n", settings],
    ["projects/app/endpoints/primary", '"projects/{{ each.project }}/endpoints/primary"'],
    ["path: .env", 'path: "{{ each.id }}.env"'],
    ["host: db.example.com, user", 'host: db.example.com, port: "{{ each.port }}", user'],
    ["@db.example.com/app", "@db.example.com/{{ each.id }}"],
  );

  async function withList(list: unknown, text = perTenant): Promise<{ readonly text: string; readonly file: string }> {
    const directory = await mkdtemp(join(tmpdir(), "rotate-foreach-"));
    await writeFile(join(directory, "tenants.json"), typeof list === "string" ? list : JSON.stringify(list));
    return { text, file: join(directory, "rotate.yaml") };
  }

  test("makes one rotation per entry", async () => {
    const { text, file } = await withList([
      { id: "acme", project: "a", port: 5433 },
      { id: "bolt", project: "b", port: 5434 },
    ]);
    const spec = await loadSound(text, { file });
    expect(spec.rotations.map(({ name }) => name)).toEqual(["db.acme", "db.bolt"]);
    const [, bolt] = spec.rotations;
    expect(bolt?.request["endpoint"]).toBe("projects/b/endpoints/primary");
    expect(bolt?.verify[0]?.options["port"]).toBe(5434);
    expect(bolt?.sinks[0]?.target).toMatch(/\/bolt\.env$/);
    expect(bolt?.sinks[0]?.where).toBe('rotations["db.bolt"].sinks[0]');
    expect(
      bolt?.sinks[0]?.values["DATABASE_URL"]?.render({
        fields: { token: "t" },
        lease: { issuedAt: "", expiresAt: "" },
      }),
    ).toBe("postgres://svc:t@db.example.com/bolt");
  });

  test("takes a YAML list too", async () => {
    const { text, file } = await withList("- { id: acme, project: a, port: 1 }\n");
    expect((await loadSound(text, { file })).rotations).toHaveLength(1);
  });

  test.each([
    ["an empty list", [], /is empty \(an empty list would end every rotation/],
    ["no list", { id: "acme" }, /is not a list/],
    ["broken JSON", "[{", /cannot be used: invalid YAML/],
    [
      "an entry twice",
      [
        { id: "a", project: "a", port: 1 },
        { id: "a", project: "b", port: 1 },
      ],
      /entry 2 repeats "a"/,
    ],
    ["an entry without its key", [{ project: "a", port: 1 }], /entry 1 has no such key/],
    [
      "a name that is none",
      [{ id: "A B", project: "a", port: 1 }],
      /entry 1 makes the name "db\.A B", which is not allowed/,
    ],
    ["an entry that is a template", [{ id: "a", project: "{{ token }}", port: 1 }], /entry 1 is not a flat object/],
    ["an entry without a key that is used", [{ id: "a", port: 1 }], /cannot hold this template|not of the form/],
  ])("refuses %s", async (_what, list, expected) => {
    const { text, file } = await withList(list);
    expect((await told(text, { file })).join("\n")).toMatch(expected);
  });

  test("an entry that lacks what others have is the list's fault, not the spec's", async () => {
    const { text, file } = await withList([
      { id: "a", project: "a", port: 1 },
      { id: "b", port: 1 },
    ]);
    expect((await told(text, { file })).join("\n")).toMatch(/the entries b have no "project", which the rotation uses/);
  });

  test("a list that cannot be used holds its own rotations back, and leaves the others as they are", async () => {
    const other = soundSpec.slice(soundSpec.indexOf("  db:\n")).replace("  db:", "  mq:").replaceAll(".env", "mq.env");
    const { text, file } = await withList([], `${perTenant}${other}`);
    const { spec, diagnostics } = await load(text, { file });
    expect(spec?.rotations.map(({ name }) => name)).toEqual(["mq"]);
    expect(spec?.heldBack).toEqual([
      expect.objectContaining({
        family: "db",
        code: "ROTATE_LIST_INVALID",
        message: expect.stringContaining("is empty"),
      }),
    ]);
    expect(spec?.lists).toEqual([join(dirname(file), "tenants.json")]);
    expect(spec?.warnings).toEqual([]);
    expect(diagnostics).toHaveLength(1);
  });

  test("says that the list is missing", async () => {
    expect((await told(perTenant)).join()).toContain("the list /etc/app/tenants.json cannot be used: no such file");
  });

  test("tells a fault of the spec once, not once per entry", async () => {
    const { text, file } = await withList(
      [
        { id: "a", project: "a", port: 1 },
        { id: "b", project: "b", port: 1 },
      ],
      perTenant.replace("{{ token }}", "{{ tokn }}"),
    );
    expect(await told(text, { file })).toHaveLength(1);
  });
});
