/** What is kept beside the rotations of a spec, by key: JSON. */
import type { Sql } from "./database.ts";
import type { Rows } from "./rows.ts";

/** Undefined: nothing yet. */
export async function readNote({ query }: Sql, { schemas: { own }, spec }: Rows, key: string): Promise<unknown> {
  const [row] = await query(`select value from ${own}.note where spec = $1 and key = $2`, [spec, key]);
  return row?.["value"];
}

/** In the place of what stood there. */
export async function writeNote(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  { key, value }: { readonly key: string; readonly value: unknown },
): Promise<void> {
  await query(
    `insert into ${own}.note (spec, key, value) values ($1, $2, $3) on conflict (spec, key) do update set value = excluded.value`,
    [spec, key, JSON.stringify(value)],
  );
}
