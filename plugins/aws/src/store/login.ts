import type { Expires, LoggedIn } from "@rotate/plugin-kit";
import type { AwsContext, Connection } from "../options.ts";
import { keyOf, readSource, type KeySource } from "../source/index.ts";

/** A key without an end is read anew after so long, so that one that was replaced is taken up. ms */
const looksAgain = 900_000;
/** A session is not used in its last minute. ms */
const spare = 60_000;

/** What a store is called with: a key that signs, from the source of the spec, with the role taken where one is named. */
export async function logIn(ctx: AwsContext): Promise<KeySource & { readonly expires: Expires }> {
  const key = await keyOf(await readSource(ctx), ctx);
  const { endsAt } = key;
  return { ...key, expires: endsAt === undefined ? { in: looksAgain } : new Date(endsAt.getTime() - spare) };
}

/** The context of a store's calls. */
export type StoreContext<Options extends Connection = Connection> = LoggedIn<Options, KeySource>;
