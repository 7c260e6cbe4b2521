import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, postgresUnavailable, startPostgres } from "@rotate/doubles";
import { createTestContext, revealValues, sinkContract, sinkValues } from "@rotate/testkit";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { editPgpass, readPgpass } from "../src/pgpass/lines.ts";
import { pgpass } from "../src/pgpass.ts";

function folder(): string {
  const base = mkdtempSync(join(tmpdir(), "rotate-pgpass-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  return base;
}
function contextFor(options: Readonly<Record<string, unknown>>) {
  return createTestContext({ schema: pgpass.options, options });
}
async function write(options: Readonly<Record<string, unknown>>, password: string): Promise<void> {
  const ctx = contextFor(options);
  await pgpass.check?.(ctx);
  const prepared = await pgpass.prepare(sinkValues({ password }), ctx);
  if (prepared.changed) await prepared.commit(ctx);
}

const entry = { host: "db.example.com", user: "app" };

sinkContract(
  { describe, test },
  {
    sink: pgpass,
    start() {
      const path = `${folder()}/pgpass`;
      writeFileSync(path, "# of others\nother:5432:*:me:secret of others\n", { mode: 0o600 });
      const values = [{ password: "first-password-text" }, { password: "second-password-text" }] as const;
      return { options: { ...entry, path }, path, values };
    },
    snapshot: async ({ path }) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
    async readBack({ path }) {
      const found = revealValues((await pgpass.read?.(["password"], contextFor({ ...entry, path }))) ?? {});
      return found;
    },
    meddle: ({ path }) => writeFileSync(path, "db.example.com:*:*:app:theirs\n"),
    refuse({ path }) {
      rmSync(path, { force: true });
      mkdirSync(path);
    },
  },
);

test("the lines of others stay byte for byte, whatever stands in them", () => {
  const field = fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !/[\r\n\0]/.test(text));
  const others = fc.array(
    fc.oneof(
      field,
      field.map((text) => `#${text}`),
      fc.constant("a:1:b:c:d"),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(
      others,
      fc.boolean(),
      field.filter((text) => text !== ""),
      (lines, hasEnd, password) => {
        const before = Buffer.from(`${lines.join("\n")}${hasEnd ? "\n" : ""}`);
        const ours = { ...entry, port: "5432", database: "*" };
        const once = editPgpass(before, ours, "the first");
        const twice = editPgpass(once, ours, password);
        expect(readPgpass(twice, ours)).toBe(password);
        const rest = twice
          .toString("latin1")
          .split("\n")
          .filter((line) => !line.startsWith("db.example.com:5432:*:app:"));
        const kept = before.toString("latin1").split("\n");
        expect(rest.filter((line) => line !== "")).toEqual(kept.filter((line) => line !== ""));
      },
    ),
  );
});

test("a new line stands above the one that libpq would take instead", async () => {
  const path = `${folder()}/pgpass`;
  writeFileSync(path, "one:*:*:*:of others\n*:*:*:*:for everybody\n", { mode: 0o600 });
  await write({ ...entry, path }, "ours");
  expect(readFileSync(path, "utf8")).toBe("one:*:*:*:of others\ndb.example.com:*:*:app:ours\n*:*:*:*:for everybody\n");
});

test("a file that others may read is set right, and a mode that libpq does not take is refused", async () => {
  const path = `${folder()}/pgpass`;
  writeFileSync(path, "", { mode: 0o644 });
  chmodSync(path, 0o644);
  await write({ ...entry, path }, "ours");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(write({ ...entry, path, mode: "0640" }, "ours")).rejects.toMatchObject({
    code: "INVALID",
    message: expect.stringContaining("0640") as string,
  });
});

test("a line that stands twice is refused with both numbers, and nothing of the password is told", async () => {
  const path = `${folder()}/pgpass`;
  writeFileSync(path, "db.example.com:*:*:app:one\n#\ndb.example.com:*:*:app:two\n", { mode: 0o600 });
  await expect(write({ ...entry, path }, "new")).rejects.toMatchObject({
    message: "the line of db.example.com:*:*:app stands twice, in lines 1 and 3",
  });
});

const psql = findProgram("psql");
const lacking = postgresUnavailable() ?? (psql === undefined ? "psql is missing" : undefined);

test.skipIf(lacking !== undefined)(
  `psql logs in with what stands there, at each connection${lacking === undefined ? "" : ` (skipped: ${lacking})`}`,
  async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.close);
    const path = `${folder()}/pgpass`;
    writeFileSync(path, "*:*:*:*:not this one\n", { mode: 0o600 });
    for (const password of [String.raw`a:b\c:'$x "ü`, "second"]) {
      await postgres.createRole(`user_${password.length}`, { password });
      const user = `user_${password.length}`;
      await write({ path, host: "127.0.0.1", port: postgres.port, user }, password);
      const env = { PATH: process.env["PATH"], PGPASSFILE: path, LC_ALL: "C.UTF-8" };
      const argv = [
        "-w",
        "-qAtc",
        "select current_user",
        `host=127.0.0.1 port=${postgres.port} user=${user} dbname=postgres`,
      ];
      const { stdout, stderr } = spawnSync(psql ?? "", argv, { env, encoding: "utf8" });
      expect({ stdout, stderr }).toEqual({ stdout: `${user}\n`, stderr: "" });
    }
  },
);
