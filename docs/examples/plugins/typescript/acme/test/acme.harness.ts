/** Plays the Acme API, for `npm test` and for `rotate plugin test`. Strict: it refuses what the real one refuses. */
import { type Harnesses, type HttpMessage, type HttpReply, httpReply, openHttpWay, secretRef } from "@rotate/testkit";

const key = "key-of-the-test";

async function start() {
  /** The ids of tokens that work, by token. */
  const live = new Map<string, string>();
  let made = 0;

  async function answer({ method, path, headers, body }: HttpMessage): Promise<HttpReply> {
    if (headers["authorization"] !== `Bearer ${key}`) return httpReply(403);
    if (method === "GET" && path === "/tokens") return httpReply(200, [...live.values()]);
    if (method === "POST" && path === "/tokens") {
      const { name, ttl } = JSON.parse(String(body)) as { readonly name?: string; readonly ttl?: number };
      if (name === undefined || ttl === undefined) return httpReply(400);
      made += 1;
      const token = { id: `t${made}`, secret: `secret-of-token-${made}` };
      live.set(token.secret, token.id);
      return httpReply(201, { ...token, expires: new Date(Date.now() + ttl * 1000).toISOString() });
    }
    const [secret] = [...live].find(([, id]) => method === "DELETE" && path === `/tokens/${id}`) ?? [];
    return httpReply(secret !== undefined && live.delete(secret) ? 204 : 404);
  }
  const way = await openHttpWay(answer);
  return {
    live,
    way,
    options: { url: way.url, key: secretRef(key) },
    request: { ttl: 3_600_000 },
    secrets: [key],
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
  isLive: ({ live }: Stage, { token = "" }: Readonly<Record<string, string>>) => live.has(token),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "providers/acme": harness };
