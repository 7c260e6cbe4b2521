import type { Secret } from "@rotate/plugin-kit";
import { openDatabase } from "./database.ts";
import { prepareQueue } from "./queue.ts";
import { schemasOf, tablesOf } from "./schema.ts";

/** Makes the tables of a state and the queue of a spec where they are absent, and brings pg-boss's to the version of this rotate. For the owner of the schemas. */
export async function prepareState({
  url,
  schema,
  spec,
}: {
  readonly url: () => Promise<Secret>;
  readonly schema: string;
  readonly spec: string;
}): Promise<void> {
  const database = await openDatabase({ url, name: "rotate state", most: 2 });
  try {
    const schemas = schemasOf(schema);
    await database.query(tablesOf(schemas));
    await prepareQueue(database, schemas, spec);
  } finally {
    await database.close();
  }
}
