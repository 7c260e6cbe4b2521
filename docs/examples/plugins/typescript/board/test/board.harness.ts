/** Plays the notice board, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, openOutside, secretRef } from "@rotate/testkit";

const key = "key-of-the-test";

async function start() {
  const notes: string[] = [];
  const outside = await openOutside(({ method, path, headers, body }) => {
    if (headers["authorization"] !== `Bearer ${key}`) return { status: 403 };
    if (method !== "POST" || path !== "/notes") return { status: 404 };
    notes.push((JSON.parse(body) as { readonly text: string }).text);
    return { status: 201 };
  });
  return { notes, outside, options: { url: outside.url, key: secretRef(key) }, secrets: [key], close: outside.close };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ outside }: Stage) => outside.refuse(),
  hang: ({ outside }: Stage) => outside.hang(),
  received: ({ notes }: Stage) => notes,
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "notifiers/board": harness };
