/** Plays the worker, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, openOutside } from "@rotate/testkit";

async function start() {
  const seen = { reloads: 0 };
  const outside = await openOutside(({ method, path }) => {
    if (method === "POST" && path === "/reload") seen.reloads += 1;
    return { status: path === "/reload" || path === "/status" ? 204 : 404 };
  });
  return { seen, outside, options: { url: outside.url }, close: outside.close };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ outside }: Stage) => outside.refuse(),
  hang: ({ outside }: Stage) => outside.hang(),
  count: ({ seen }: Stage) => seen.reloads,
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "reloads/worker": harness };
