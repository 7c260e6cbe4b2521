/** Pools of Python that ask for their password at each connection, as the guide says, on a real server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { builtins } from "@rotate/builtins";
import { createCatalog } from "@rotate/core";
import { postgresUnavailable, pythonProgram, skippedWithout, startPostgres } from "@rotate/doubles";
import { openTestEndpoint } from "@rotate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { blockOf } from "./recipe.ts";

const python = pythonProgram("python3");
const lacking = postgresUnavailable();
const isLacking = python === undefined || lacking !== undefined;
const why = lacking === undefined ? skippedWithout(python, "what PyPI has of them") : ` (skipped: ${lacking})`;
const page = "guide/asked-by-consumers.md";

/** Two connections at once, and who they are; between them the password changes. */
const uses: Readonly<Record<string, { readonly words: string; readonly program: string }>> = {
  psycopg_pool: {
    words: "psycopg_pool",
    program: `
with pool.connection() as first:
    tell(first.execute("select current_user").fetchone()[0])
    with pool.connection() as second:
        tell(second.execute("select current_user").fetchone()[0])
`,
  },
  SQLAlchemy: {
    words: "SQLAlchemy",
    program: `
from sqlalchemy import text
with engine.connect() as first:
    tell(first.execute(text("select current_user")).scalar())
    with engine.connect() as second:
        tell(second.execute(text("select current_user")).scalar())
`,
  },
  asyncpg: {
    words: "asyncpg",
    program: `
import asyncio
async def main():
    pool = await open_pool()
    async with pool.acquire() as first:
        tell(await first.fetchval("select current_user"))
        async with pool.acquire() as second:
            tell(await second.fetchval("select current_user"))
asyncio.run(main())
`,
  },
};

const tell = `
import sys
def tell(word):
    print(word, flush=True)
    sys.stdin.readline()
`;

function credential(password: string) {
  return { fields: { password }, life: 3_600_000 };
}

test.skipIf(isLacking).for(Object.entries(uses))(
  `%s logs in with the new password at its next connection${why}`,
  async ([, { words, program }]) => {
    const postgres = await startPostgres();
    onTestFinished(postgres.close);
    await postgres.createRole("app", { password: "first-secret-1" });
    const directory = mkdtempSync(join(tmpdir(), "rotate-python-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const endpoint = await createCatalog(builtins).find("endpoints", "http");
    const socket = join(directory, "s");
    const watch = await openTestEndpoint(endpoint!, {
      socket,
      rotations: ["app-db"],
      given: credential("first-secret-1"),
    });
    onTestFinished(() => watch.close(AbortSignal.abort()));
    const { host, port } = postgres;
    const dsn = `DSN = "postgresql://app@${host}:${port}/postgres"\nURL = DSN.replace("postgresql://", "postgresql+psycopg://")\n`;
    const whole = [blockOf(page, "python", "def credential"), tell, dsn, blockOf(page, "python", words), program].join(
      "\n",
    );
    const child = spawn(python ?? "", ["-c", whole], {
      env: { ROTATE_SOCKET: socket },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface(child.stdout);
    const ended = once(child, "exit");
    const said = async (): Promise<unknown> => (await Promise.race([once(lines, "line"), ended]))[0];
    expect(await said()).toBe("app");
    const admin = await postgres.connect();
    await admin.query("alter role app password 'second-secret-2'");
    await admin.end();
    watch.give(credential("second-secret-2"), "app-db");
    child.stdin.write("\n");
    expect(await said()).toBe("app");
    child.stdin.end("\n");
    expect((await ended)[0]).toBe(0);
  },
);
