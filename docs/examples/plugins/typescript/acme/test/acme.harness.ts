/** Plays the Acme API, for `npm test` and for `rotate plugin test`. Strict: it refuses what the real one refuses. */
import {
  type Harnesses,
  type HttpMessage,
  type HttpReply,
  httpReply,
  openHttpWay,
  secretRef,
  type StageWorld,
} from "@rotate/testkit";

const key = "key-of-the-test";

/** @param world its `now` is the machine's time, but in a week */
async function start({ now }: StageWorld = { now: Date.now }) {
  /** Tokens that work, by token. */
  const live = new Map<string, { readonly id: string; readonly ends: number }>();
  let made = 0;

  async function answer({ method, path, headers, body }: HttpMessage): Promise<HttpReply> {
    if (headers["authorization"] !== `Bearer ${key}`) return httpReply(403);
    if (method === "GET" && path === "/tokens") return httpReply(200, [...live.values()].map(({ id }) => id));
    if (method === "POST" && path === "/tokens") {
      const { name, ttl } = JSON.parse(String(body)) as { readonly name?: string; readonly ttl?: number };
      if (name === undefined || ttl === undefined) return httpReply(400);
      made += 1;
      const token = { id: `t${made}`, secret: `secret-of-token-${made}` };
      const ends = now() + ttl * 1000;
      live.set(token.secret, { id: token.id, ends });
      return httpReply(201, { ...token, expires: new Date(ends).toISOString() });
    }
    const [secret] = [...live].find(([, { id }]) => method === "DELETE" && path === `/tokens/${id}`) ?? [];
    return httpReply(secret !== undefined && live.delete(secret) ? 204 : 404);
  }
  const way = await openHttpWay(answer);
  return {
    isLive: (token: string) => (live.get(token)?.ends ?? 0) > now(),
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
  isLive: ({ isLive }: Stage, { token = "" }: Readonly<Record<string, string>>) => isLive(token),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "providers/acme": harness };
