/** The key of the fingerprints: the same on every host, and never in the database. */
import { createHmac } from "node:crypto";
import { EngineError } from "../engine-error.ts";
import type { Sql } from "./database.ts";
import type { Rows } from "./rows.ts";

const length = 32;

/** 32 bytes in base64, as `rotate state key` prints them. Throws EngineError `ROTATE_STATE_KEY`. */
export function readKey(text: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === length) return key;
  throw new EngineError("`state.key` is not a key of 32 bytes", {
    code: "ROTATE_STATE_KEY",
    exitCode: 6,
    hint: "make one with `rotate state key`, once, and give the same to every host",
  });
}

/** The first key that is used with a state is the one of all: with another each sink would look as if somebody had changed it. Throws EngineError `ROTATE_STATE_KEY`. */
export async function checkKey(
  { query }: Sql,
  { schemas: { own }, spec }: Rows,
  { key, reading }: { readonly key: Buffer; readonly reading: boolean },
): Promise<void> {
  const check = createHmac("sha256", key).update(`check of the key of ${spec}`).digest("hex").slice(0, 16);
  const name = `key ${spec}`;
  if (!reading)
    await query(`insert into ${own}.meta (key, value) values ($1, $2) on conflict (key) do nothing`, [name, check]);
  const [row] = await query(`select value from ${own}.meta where key = $1`, [name]);
  if (row === undefined || row["value"] === check) return;
  throw new EngineError("`state.key` is another key than the one that this state was written with", {
    code: "ROTATE_STATE_KEY",
    exitCode: 6,
    hint: "give this host the key that the others have",
  });
}
