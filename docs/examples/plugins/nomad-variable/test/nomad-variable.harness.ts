/** Plays Nomad's variables as its documentation has them, for `npm test` and for `rotate plugin test`. */
import { type Harnesses, type HttpMessage, type HttpReply, httpReply, openHttpWay, secretRef } from "@rotate/testkit";

const token = "7a2c9f54-token-of-the-test";

interface Variable {
  readonly ModifyIndex: number;
  readonly Items: Readonly<Record<string, string>>;
}

/** The variable `app/db` in the namespace `default`. */
function createNomad() {
  let index = 10; // of the whole of Nomad: what is made anew never has an index from before
  let variable: Variable | undefined;
  const shown = (): object => ({ Namespace: "default", Path: "app/db", CreateIndex: 10, ...variable });

  async function answer({ method, path, headers, body }: HttpMessage): Promise<HttpReply> {
    const { pathname, searchParams } = new URL(path, "http://nomad");
    if (headers["x-nomad-token"] !== token) return httpReply(403, "Permission denied");
    if (pathname !== "/v1/var/app/db" || searchParams.get("namespace") !== "default") return httpReply(404);
    if (method === "GET") return variable === undefined ? httpReply(404, "variable not found") : httpReply(200, shown());
    const cas = searchParams.get("cas");
    if (cas !== null && Number(cas) !== (variable?.ModifyIndex ?? 0)) return httpReply(409, shown());
    if (method === "DELETE") {
      variable = undefined;
      return httpReply(204);
    }
    const { Items } = JSON.parse(String(body)) as Variable;
    if (method !== "PUT" || Object.keys(Items).length === 0) return httpReply(400, "variable missing required Items object");
    set(Items);
    return httpReply(200, shown());
  }
  function set(items: Variable["Items"]): void {
    index += 1;
    variable = { ModifyIndex: index, Items: items };
  }
  return { answer, set, items: () => variable?.Items ?? {} };
}

async function start() {
  const nomad = createNomad();
  const way = await openHttpWay(nomad.answer);
  return {
    nomad,
    way,
    options: { url: way.url, token: secretRef(token), path: "app/db" },
    secrets: [token],
    values: [{ password: "first-text" }, { password: "second-text" }] as const,
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
  snapshot: ({ nomad }: Stage) => nomad.items(),
  readBack: ({ nomad }: Stage) => nomad.items(),
  meddle: ({ nomad }: Stage) => nomad.set({ password: "somebody-else" }),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "sinks/nomad-variable": harness };
