/** Plays the worker, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, httpReply, openHttpWay } from "@rotate/testkit";

async function start() {
  const seen = { reloads: 0 };
  const way = await openHttpWay(async ({ method, path }) => {
    if (method === "POST" && path === "/reload") seen.reloads += 1;
    return httpReply(path === "/reload" || path === "/status" ? 204 : 404);
  });
  return { seen, way, options: { url: way.url }, close: way.close };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ way }: Stage) => way.refuse(),
  hang: ({ way }: Stage) => way.hang(),
  count: ({ seen }: Stage) => seen.reloads,
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "reloads/worker": harness };
