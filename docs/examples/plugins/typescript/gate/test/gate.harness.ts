/** Plays the gate, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, httpReply, openHttpWay, secretRef } from "@rotate/testkit";

const token = "token-of-the-test";

async function start() {
  const way = await openHttpWay(async ({ path, headers }) => {
    if (path !== "/enter") return httpReply(404);
    return httpReply(headers["authorization"] === `Bearer ${token}` ? 204 : 403);
  });
  return {
    way,
    options: { url: way.url, token: secretRef(token) },
    secrets: [token],
    close: way.close,
  };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ way }: Stage) => way.refuse(),
  hang: ({ way }: Stage) => way.hang(),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "probes/gate": harness };
