/** Plays the notice board, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, httpReply, openHttpWay, secretRef } from "@rotate/testkit";

const key = "key-of-the-test";

async function start() {
  const notes: string[] = [];
  const way = await openHttpWay(async ({ method, path, headers, body }) => {
    if (headers["authorization"] !== `Bearer ${key}`) return httpReply(403);
    if (method !== "POST" || path !== "/notes") return httpReply(404);
    notes.push((JSON.parse(String(body)) as { readonly text: string }).text);
    return httpReply(201);
  });
  return { notes, way, options: { url: way.url, key: secretRef(key) }, secrets: [key], close: way.close };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ way }: Stage) => way.refuse(),
  hang: ({ way }: Stage) => way.hang(),
  received: ({ notes }: Stage) => notes,
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "notifiers/board": harness };
