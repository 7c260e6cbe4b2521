import { expect, test } from "vitest";
import { createGrouped } from "../../src/local/grouped.ts";

interface Table {
  readonly rows: readonly string[];
  readonly transactions: number;
}

/** A table whose transactions are whole or nothing. */
function createTable() {
  let table: Table = { rows: [], transactions: 0 };
  const sql = { insert: (row: string) => void (table = { ...table, rows: [...table.rows, row] }) };
  const grouped = createGrouped<typeof sql>((work) => {
    const before = table;
    try {
      const result = work(sql);
      table = { ...table, transactions: table.transactions + 1 };
      return result;
    } catch (error) {
      table = before;
      throw error;
    }
  });
  return { grouped, table: () => table };
}

test("what is written in one turn of the event loop is one transaction, in order, and each gets its own answer", async () => {
  const { grouped, table } = createTable();
  const answers = await Promise.all(
    ["a", "b", "c"].map((row) => grouped.write((sql) => (sql.insert(row), `wrote ${row}`))),
  );
  expect(answers).toEqual(["wrote a", "wrote b", "wrote c"]);
  expect(table()).toEqual({ rows: ["a", "b", "c"], transactions: 1 });
});

test("a write that fails is told its own error, and takes none of the others with it", async () => {
  const { grouped, table } = createTable();
  const failing = new Error("this row is damaged");
  const writes = ["a", "b", "c"].map((row) =>
    grouped.write((sql) => {
      sql.insert(row);
      if (row === "b") throw failing;
    }),
  );
  expect(await Promise.allSettled(writes)).toEqual([
    { status: "fulfilled", value: undefined },
    { status: "rejected", reason: failing },
    { status: "fulfilled", value: undefined },
  ]);
  expect(table().rows).toEqual(["a", "c"]);
});

test("what still waits can be done at once, before the state is closed", async () => {
  const { grouped, table } = createTable();
  const writing = grouped.write((sql) => sql.insert("last"));
  grouped.drain();
  expect(table().rows).toEqual(["last"]);
  await writing;
});
