/** Plays the Shelf service, for `npm test` and for `rotate plugin test`. Strict: it takes a document only with the version that it has. */
import { type Harnesses, type HttpMessage, type HttpReply, httpReply, openHttpWay } from "@rotate/testkit";

interface Document {
  readonly version: number;
  readonly values: Readonly<Record<string, string>>;
}

async function start() {
  const held = { document: { version: 1, values: {} } as Document };

  async function answer({ method, path, body }: HttpMessage): Promise<HttpReply> {
    if (path !== "/app") return httpReply(404);
    if (method === "GET") return httpReply(200, held.document);
    const { version, values } = JSON.parse(String(body)) as Document;
    if (version !== held.document.version) return httpReply(409);
    held.document = { version: version + 1, values };
    return httpReply(200, held.document);
  }
  const way = await openHttpWay(answer);
  return {
    held,
    way,
    options: { url: way.url, path: "app" },
    values: [{ TOKEN: "first-text" }, { TOKEN: "second-text" }] as const,
    close: way.close,
  };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ way }: Stage) => way.refuse(),
  hang: ({ way }: Stage) => way.hang(),
  way: ({ way }: Stage) => way,
  snapshot: ({ held }: Stage) => held.document.values,
  readBack: ({ held }: Stage) => held.document.values,
  meddle({ held }: Stage) {
    held.document = { version: held.document.version + 1, values: { TOKEN: "somebody-else" } };
  },
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "sinks/shelf": harness };
