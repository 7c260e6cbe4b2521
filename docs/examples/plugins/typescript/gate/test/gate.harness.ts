/** Plays the gate, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, openOutside, secretRef } from "@rotate/testkit";

const token = "token-of-the-test";

async function start() {
  const outside = await openOutside(({ path, headers }) => {
    if (path !== "/enter") return { status: 404 };
    return { status: headers["authorization"] === `Bearer ${token}` ? 204 : 403 };
  });
  return {
    outside,
    options: { url: outside.url, token: secretRef(token) },
    secrets: [token],
    close: outside.close,
  };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ outside }: Stage) => outside.refuse(),
  hang: ({ outside }: Stage) => outside.hang(),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "probes/gate": harness };
