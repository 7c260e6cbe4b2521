import type { KeptLook, KeptLooks, LookAt, LookMark } from "../backend/kept-looks.ts";
import type { Grouped } from "./grouped.ts";
import { layout } from "./ledger.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { Statements } from "./statements.ts";

/** Whatever writes a state, or tells how it stands, ends the look at it: SQLite sees to that, so that no writer can forget it. */
export const looksSchema = `
create table if not exists looks (
  rotation text primary key, until real not null, ends real not null, pace real not null, nearly real not null, stamps text not null, status text not null, report text not null
) strict;
create trigger if not exists look_ends after update of state on rotations begin delete from looks where rotation = new.name; end;
create trigger if not exists look_goes after delete on rotations begin delete from looks where rotation = old.name; end;
create trigger if not exists look_is_told after insert on told begin delete from looks where rotation = new.rotation; end;
create trigger if not exists look_is_told_anew after update on told begin delete from looks where rotation = new.rotation; end;
create trigger if not exists look_is_untold after delete on told begin delete from looks where rotation = old.rotation; end;
`;

const markKey = "looks";

/** The looks that are kept beside the states of one machine. */
export function looksIn(
  { read }: Pick<SqliteFile<Statements>, "read">,
  write: Grouped<Statements>["write"],
): KeptLooks {
  return {
    mark: async () => read(markOf),
    recall: async (view) => read((sql) => sql[views[view]].all() as unknown as readonly KeptLook[]),
    keep: (mark, looks) => write((sql) => keep(sql, mark, looks)),
  };
}

/** A state that was never upgraded, because it cannot be written, has none. */
function markOf(sql: Statements): LookMark | undefined {
  if (Number(sql.layout.get()?.["user_version"]) < layout) return undefined;
  const row = sql.getMeta.get(markKey);
  return row === undefined ? undefined : (JSON.parse(String(row["value"])) as LookMark);
}

const views = { status: "looksForStatus", report: "looksForReport" } as const;

function keep(sql: Statements, mark: LookMark, looks: readonly LookAt[]): void {
  if (markOf(sql)?.mark !== mark.mark) sql.dropLooks.run();
  sql.setMeta.run(markKey, JSON.stringify(mark));
  for (const { rotation, until, ends, pace, nearly, stamps, status, report, epoch, seq } of looks)
    sql.keepLook.run(until, ends, pace, nearly, stamps, status, report, rotation, epoch, seq);
}
