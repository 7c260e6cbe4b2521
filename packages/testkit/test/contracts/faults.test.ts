/** An issuer and a store over HTTP, and plugins for them that keep or break each promise about faults. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  defineProvider,
  defineSink,
  type HttpAnswer,
  httpError,
  type MintContext,
  type Provider,
  readAnswer,
  RotateError,
  type Sink,
} from "@rotate/plugin-kit";
import {
  createTestContext,
  faults,
  type HttpWay,
  openHttpWay,
  type ProviderHarness,
  providerRules,
  type ProviderStage,
  rulesFor,
  runRule,
  type SinkHarness,
  sinkRules,
  type SinkStage,
} from "@rotate/testkit";
import { expect, test } from "vitest";
import { testEveryRule } from "./every-rule.ts";

type Answer = (request: IncomingMessage, body: string) => readonly [status: number, body: unknown, date?: Date];

/** A server, and the way to it. */
async function serve(answer: Answer): Promise<{ readonly way: HttpWay; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const [status, said, date] = answer(request, body.toString());
      return response.writeHead(status, { date: (date ?? new Date()).toUTCString() }).end(JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const way = await openHttpWay(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  async function close(): Promise<void> {
    await way.close();
    server.close();
    server.closeAllConnections();
  }
  return { way, close };
}

interface Issuer {
  readonly live: Map<string, string>;
  limit: number;
  ahead: number;
  last?: { readonly name: string; readonly token: string; readonly until: number };
  repeats: boolean;
}
interface IssuerStage extends ProviderStage {
  readonly way: HttpWay;
  readonly issuer: Issuer;
}

async function startIssuer(): Promise<IssuerStage> {
  const issuer: Issuer = { live: new Map(), limit: Infinity, ahead: 0, repeats: false };
  const { way, close } = await serve((request, body) => {
    const now = Date.now() + issuer.ahead;
    const date = new Date(now);
    if (request.url === "/session") return [200, { session: "one" }, date];
    const { name, ttl } = JSON.parse(body) as { readonly name: string; readonly ttl: number };
    if (request.url === "/find") return [200, { token: issuer.live.get(name) ?? "" }, date];
    const made =
      issuer.repeats && issuer.last
        ? issuer.last
        : { name, token: `token-${name}`, until: now + Math.min(ttl, issuer.limit) };
    issuer.last = made;
    issuer.live.set(made.name, made.token);
    return [200, { id: made.name, token: made.token, expires: new Date(made.until).toISOString() }, date];
  });
  return { way, issuer, options: { url: way.url }, request: { ttl: 3_600_000 }, close };
}

type Ctx = Pick<MintContext, "http" | "options">;
const session = { type: "object", properties: { session: { type: "string" } }, required: ["session"] } as const;
const made = {
  type: "object",
  properties: { id: { type: "string" }, token: { type: "string" }, expires: { type: "string" } },
  required: ["id", "token", "expires"],
} as const;
const found = { type: "object", properties: { token: { type: "string" } }, required: ["token"] } as const;

async function post({ http, options }: Ctx, path: string, json: object): Promise<HttpAnswer> {
  const answer = await http(`${(options as { readonly url: string }).url}${path}`, { json });
  if (!answer.ok) throw httpError("the issuer refuses", answer, { hint: "see its log" });
  return answer;
}

const issuerProvider = defineProvider({
  type: "sample-http",
  options: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: { token: { secret: true, description: "the token" } },
  handle: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  login: async (ctx) => ({ session: readAnswer(await post(ctx, "/session", {}), session, "the session").session }),
  mint: async ({ ttl }, ctx) => {
    const answer = readAnswer(await post(ctx, "/mint", { name: ctx.leaseId, ttl }), made, "the token");
    return {
      fields: { token: ctx.secret(answer.token, "token") },
      expires: new Date(answer.expires),
      handle: { id: answer.id },
    };
  },
  find: async (leaseId, ctx) => {
    const { token } = readAnswer(await post(ctx, "/find", { name: leaseId }), found, "what it has");
    return token === "" ? undefined : { expires: { in: 60_000 }, handle: { id: leaseId } };
  },
});

function issuing(parts: Partial<Provider> = {}): ProviderHarness {
  const harness: ProviderHarness<IssuerStage> = {
    provider: { ...issuerProvider, ...parts },
    start: startIssuer,
    refuse: ({ way }) => way.refuse(),
    way: ({ way }) => way,
    isLive: ({ issuer }, { token }) => [...issuer.live.values()].includes(token ?? ""),
    shorten: ({ issuer }, ms) => void (issuer.limit = ms),
    skew: ({ issuer }, ms) => void (issuer.ahead = ms),
    repeat: ({ issuer }) => void (issuer.repeats = true),
  };
  return harness as unknown as ProviderHarness;
}

/** The good one, whose failures become this. */
function failing(change: (error: RotateError) => unknown): ProviderHarness {
  return issuing({
    mint: (request, ctx) =>
      issuerProvider.mint(request, ctx).catch((error: RotateError) => Promise.reject(change(error))),
  });
}

function minting(change: (minted: Awaited<ReturnType<Provider["mint"]>>, ctx: MintContext) => object): ProviderHarness {
  return issuing({
    mint: async (request, ctx) => {
      const minted = await issuerProvider.mint(request, ctx);
      return { ...minted, ...change(minted, ctx) };
    },
  });
}

const hint = "do";

testEveryRule(
  providerRules.filter(({ id }) => /-(fault|issuer)-/.test(id)),
  {
    good: [issuing()],
    breakers: {
      "tells a busy issuer from a refusal, and when to come back, at each message of a mint": [
        [failing(() => new RotateError("no", { code: "DENIED", retryable: false, hint })), /met the fault `busy`/],
        [failing(() => new RotateError("no", { code: "RATE_LIMITED", retryable: true, hint })), /retryAfter/],
        [failing(({ message }) => new Error(message)), /not a RotateError/],
      ],
      "takes an outage, a lost answer or a spoilt one for what it is, at each message of a mint": [
        [failing(() => new RotateError("no", { code: "DENIED", retryable: false, hint })), /looks like a refusal/],
        [failing(() => new RotateError("no", { code: "UNAVAILABLE", retryable: false, hint })), /not tried again/],
        [failing(({ message }) => new RotateError(message, { code: "FAILED", retryable: true })), /no hint/],
        [
          failing(() => new RotateError("no", { code: "UNAVAILABLE", retryable: true, noEffect: true, hint })),
          /says that nothing lives, and find sees a lease/,
        ],
        [
          issuing({
            mint: (request, ctx) =>
              issuerProvider.mint(request, ctx).catch(() => ({
                fields: { token: ctx.secret("made-up-by-the-plugin") },
                expires: { in: 60_000 },
              })),
          }),
          /the credential works after a mint/,
        ],
      ],
      "ends with its signal at whichever message of a mint the issuer falls silent": [
        [
          issuing({
            mint: async (request, ctx) => {
              await issuerProvider.mint(request, ctx).catch(() => new Promise(() => undefined));
              return issuerProvider.mint(request, ctx);
            },
          }),
          /left without an answer to its message 2, went on after its signal/,
        ],
        [failing(() => "stopped"), /not a RotateError/],
      ],
      "tells the life that the issuer gave, where that is shorter than asked": [
        [minting(() => ({ expires: { in: 3_600_000 } })), /the issuer gave 120000 ms, 3600000 ms were told/],
      ],
      "tells the life right, though the issuer's clock is ahead or behind": [
        [
          issuing({
            mint: async (request, ctx) => issuerProvider.mint(request, { ...ctx, http: createTestContext().http }),
          }),
          /10 minutes ahead, a life of 3600000 ms was told as 4[12]\d{5} ms/,
        ],
      ],
      "gives a credential that the issuer gives again as it is: the same fields, the same handle, what is left of its life":
        [
          [minting((_, ctx) => ({ handle: { id: ctx.leaseId } })), /the handles differ/],
          [minting((_, ctx) => ({ fields: { token: ctx.secret(`x-${ctx.leaseId}`) } })), /the fields differ/],
          [
            minting((_, ctx) => ({ expires: { in: ctx.leaseId.endsWith("2") ? 7_200_000 : 3_600_000 } })),
            /the life begins anew/,
          ],
        ],
    },
  },
);

interface Stored {
  text: string;
  version: number;
}
interface StoreStage extends SinkStage {
  readonly stored: Stored;
  readonly way: HttpWay;
}
const document = {
  type: "object",
  properties: { text: { type: "string" }, version: { type: "integer" } },
  required: ["text", "version"],
} as const;

async function startStore(): Promise<StoreStage> {
  const stored: Stored = { text: "", version: 1 };
  const { way, close } = await serve((request, body) => {
    if (request.method === "GET") return [200, stored];
    if (Number(request.headers["if-match"]) !== stored.version) return [412, {}];
    Object.assign(stored, { text: body, version: stored.version + 1 });
    return [200, stored];
  });
  const values = [{ key: "first-text" }, { key: "second-text" }] as const;
  return { options: { url: way.url }, values, stored, way, close };
}

async function ask({ http, options }: Ctx, put?: Stored): Promise<Stored> {
  const { url } = options as { readonly url: string };
  const answer = await http(
    url,
    put === undefined ? {} : { method: "PUT", body: put.text, headers: { "if-match": String(put.version) } },
  );
  if (answer.status === 412)
    throw new RotateError("it changed", { code: "CONFLICT", retryable: true, hint: "prepare again" });
  if (!answer.ok) throw httpError("the store refuses", answer, { hint: "see its log" });
  return readAnswer(answer, document, "the document");
}

const store: Sink = defineSink({
  type: "sample-store",
  options: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
  keys: { pattern: "key", description: "the one" },
  target: ({ url }) => url,
  async prepare(values, ctx) {
    const before = await ask(ctx);
    const text = values["key"]!.reveal();
    return {
      changed: before.text !== text,
      commit: async (later) => void (await ask(later, { ...before, text })),
      async undo(later) {
        const now = await ask(later);
        if (now.text === before.text) return;
        if (now.text !== text) throw new RotateError("theirs", { code: "CONFLICT", retryable: false, hint });
        await ask(later, { ...now, text: before.text });
      },
    };
  },
});

type Prepared = Awaited<ReturnType<Sink["prepare"]>>;

function storing(change: (prepared: Prepared) => Partial<Prepared> = () => ({})): SinkHarness {
  const harness: SinkHarness<StoreStage> = {
    sink: {
      ...store,
      async prepare(values, ctx) {
        const prepared = await store.prepare(values, ctx);
        return { ...prepared, ...change(prepared) };
      },
    },
    start: startStore,
    snapshot: ({ stored }) => stored.text,
    readBack: ({ stored }) => ({ key: stored.text }),
    meddle: ({ stored }) => void Object.assign(stored, { text: "theirs", version: stored.version + 1 }),
    refuse: ({ way }) => way.refuse(),
    way: ({ way }) => way,
  };
  return harness as unknown as SinkHarness;
}

function committing(change: (error: RotateError) => unknown): SinkHarness {
  return storing(({ commit }) => ({
    commit: (ctx) => commit(ctx).catch((error: RotateError) => Promise.reject(change(error))),
  }));
}

testEveryRule(
  sinkRules.filter(({ id }) => id.startsWith("sink-fault-")),
  {
    good: [storing()],
    breakers: {
      "says of a commit that broke at any of its messages what is true, and can be undone and written anew": [
        [
          committing(() => new RotateError("no", { code: "DENIED", retryable: false, hint })),
          /nothing written, and something was/,
        ],
        [
          storing(({ commit }) => ({ commit: (ctx) => commit(ctx).catch(() => undefined) })),
          /it succeeded, and not all/,
        ],
        [committing(({ message }) => message), /not a RotateError/],
        [storing(() => ({ undo: async () => undefined })), /undo did not bring the values from before back/],
      ],
      "ends with its signal at whichever message of a write the target falls silent": [
        [
          storing(({ commit }) => ({ commit: (ctx) => commit(ctx).catch(() => new Promise(() => undefined)) })),
          /message 2, went on after its signal/,
        ],
      ],
    },
  },
);

test("without a way, or the hooks of an issuer, none of these promises is tried", () => {
  const { way: _, shorten: _s, skew: _k, repeat: _r, ...bare } = issuing();
  expect(rulesFor(providerRules, bare).filter(({ id }) => /-(fault|issuer)-/.test(id))).toEqual([]);
});

test("the good ones keep the rest of the contract through the way, and find is cut off by it", async () => {
  const { rules, harness } = { rules: rulesFor(providerRules, issuing()), harness: issuing() };
  expect(rules.map(({ id }) => id)).toContain("provider-find-late");
  for (const rule of rules.filter(({ id }) => !/-(fault|issuer)-/.test(id) && id !== "provider-find-late"))
    await runRule(rule, harness);
});

test.each(faults)("a way does %s to one message only, and lets the next through", async (fault) => {
  const seen: string[] = [];
  const { way, close } = await serve((request) => {
    seen.push(request.url ?? "");
    return [200, { text: "0123456789" }];
  });
  const get = (path: string): Promise<string> =>
    fetch(`${way.url}${path}`, { signal: AbortSignal.timeout(fault === "hang" && path === "/2" ? 300 : 20_000) })
      .then(
        async (answer) => `${answer.status} ${await answer.text()}`,
        () => "broken",
      )
      .catch(() => "broken");
  const spoilt = way.spoil(2, fault);
  const [first, second, third] = [await get("/1"), await get("/2"), await get("/3")];
  await close();
  const whole = '200 {"text":"0123456789"}';
  expect([first, third]).toEqual([whole, whole]);
  expect(spoilt.struck()).toBe(true);
  const answers = {
    busy: /^429/,
    broken: /^500/,
    drop: /^broken/,
    cut: /^broken/,
    half: /^200 \{"text":"0$/,
    page: /^200 <!doc/,
    hang: /^broken/,
  };
  expect(second).toMatch(answers[fault]);
  expect(seen).toEqual(["cut", "half"].includes(fault) ? ["/1", "/2", "/3"] : ["/1", "/3"]);
});
