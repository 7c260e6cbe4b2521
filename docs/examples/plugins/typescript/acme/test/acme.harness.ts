/** Plays the Acme API, for `npm test` and for `rotate plugin test`. Strict: it refuses what the real one refuses. */
import { type Harnesses, openOutside, type OutsideAnswer, type OutsideRequest, secretRef } from "@rotate/testkit";

const key = "key-of-the-test";

async function start() {
  /** The ids of tokens that work, by token. */
  const live = new Map<string, string>();
  let made = 0;

  function answer({ method, path, headers, body }: OutsideRequest): OutsideAnswer {
    if (headers["authorization"] !== `Bearer ${key}`) return { status: 403 };
    if (method === "GET" && path === "/tokens") return { status: 200, body: [...live.values()] };
    if (method === "POST" && path === "/tokens") {
      const { name, ttl } = JSON.parse(body) as { readonly name?: string; readonly ttl?: number };
      if (name === undefined || ttl === undefined) return { status: 400 };
      made += 1;
      const token = { id: `t${made}`, secret: `secret-of-token-${made}` };
      live.set(token.secret, token.id);
      return { status: 201, body: { ...token, expires: new Date(Date.now() + ttl * 1000).toISOString() } };
    }
    const [secret] = [...live].find(([, id]) => method === "DELETE" && path === `/tokens/${id}`) ?? [];
    return { status: secret !== undefined && live.delete(secret) ? 204 : 404 };
  }
  const outside = await openOutside(answer);
  return {
    live,
    outside,
    options: { url: outside.url, key: secretRef(key) },
    request: { ttl: 3_600_000 },
    secrets: [key],
    close: outside.close,
  };
}
type Stage = Awaited<ReturnType<typeof start>>;

/** What the contract needs to know of the outside. */
export const harness = {
  start,
  refuse: ({ outside }: Stage) => outside.refuse(),
  hang: ({ outside }: Stage) => outside.hang(),
  isLive: ({ live }: Stage, { token = "" }: Readonly<Record<string, string>>) => live.has(token),
};

/** By part, for `rotate plugin test`. */
export const harnesses: Harnesses = { "providers/acme": harness };
