/** Plays the Shelf service, for `npm test` and for `rotate plugin test`. Strict: it takes a document only with the version that it has. */
import { type Harnesses, openOutside, type OutsideAnswer, type OutsideRequest } from "@rotate/testkit";

interface Document {
  readonly version: number;
  readonly values: Readonly<Record<string, string>>;
}

async function start() {
  const held = { document: { version: 1, values: {} } as Document };

  function answer({ method, path, body }: OutsideRequest): OutsideAnswer {
    if (path !== "/app") return { status: 404 };
    if (method === "GET") return { status: 200, body: held.document };
    const { version, values } = JSON.parse(body) as Document;
    if (version !== held.document.version) return { status: 409 };
    held.document = { version: version + 1, values };
    return { status: 200, body: held.document };
  }
  const outside = await openOutside(answer);
  return {
    held,
    outside,
    options: { url: outside.url, path: "app" },
    values: [{ TOKEN: "first-text" }, { TOKEN: "second-text" }] as const,
    close: outside.close,
  };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ outside }: Stage) => outside.refuse(),
  hang: ({ outside }: Stage) => outside.hang(),
  snapshot: ({ held }: Stage) => held.document.values,
  readBack: ({ held }: Stage) => held.document.values,
  meddle({ held }: Stage) {
    held.document = { version: held.document.version + 1, values: { TOKEN: "somebody-else" } };
  },
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "sinks/shelf": harness };
