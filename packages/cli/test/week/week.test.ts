/** Weeks of providers over an issuer that speaks HTTP, one sound and one for each promise that can be broken. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  defineProvider,
  httpError,
  readAnswer,
  RotateError,
  type MintContext,
  type Provider,
  type SecretRef,
} from "@rotate/plugin-kit";
import {
  type HttpWay,
  mintCanary,
  openHttpWay,
  type ProviderHarness,
  type ProviderStage,
  reportText,
  runSuites,
  secretRef,
} from "@rotate/testkit";
import { expect, test } from "vitest";
import { weekSuite } from "../../src/week/index.ts";

const hour = 3_600_000;
const key = mintCanary("key", { plain: true }).text;

interface Issuer {
  readonly live: Map<string, { readonly token: string; readonly until: number }>;
  minted: number;
}
interface IssuerStage extends ProviderStage {
  readonly issuer: Issuer;
  readonly way: HttpWay;
  readonly now: () => number;
}

/** Its tokens live as long as they are asked to. */
async function startIssuer(now: () => number): Promise<IssuerStage> {
  const issuer: Issuer = { live: new Map(), minted: 0 };
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.headers.authorization !== `Bearer ${key}`) return response.writeHead(403).end("{}");
      if (request.method === "DELETE") {
        issuer.live.delete((request.url ?? "").slice(1));
        return response.end("{}");
      }
      const { ttl } = JSON.parse(body.toString()) as { readonly ttl: number };
      const id = `t${(issuer.minted += 1)}`;
      const made = { token: mintCanary(id, { plain: true }).text, until: now() + ttl };
      issuer.live.set(id, made);
      return response.end(JSON.stringify({ id, token: made.token, expires: new Date(made.until).toISOString() }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const way = await openHttpWay(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  async function close(): Promise<void> {
    await way.close();
    server.close();
    server.closeAllConnections();
  }
  const options = { url: way.url, key: secretRef(key) };
  return { issuer, way, now, options, request: { ttl: hour }, secrets: [key], close };
}

const made = {
  type: "object",
  properties: { id: { type: "string" }, token: { type: "string" }, expires: { type: "string" } },
  required: ["id", "token", "expires"],
} as const;

interface Options {
  readonly url: string;
  readonly key: SecretRef;
}
type Ctx = Pick<MintContext, "http" | "resolve" | "options">;

async function ask({ http, resolve, options }: Ctx, path: string, init: object) {
  const { url, key: login } = options as Options;
  const answer = await http(`${url}/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${(await resolve(login)).reveal()}` },
  });
  if (!answer.ok) throw httpError("the issuer refuses", answer, { hint: "see its log" });
  return answer;
}

const sound: Provider = defineProvider({
  type: "sample",
  options: {
    type: "object",
    properties: { url: { type: "string" }, key: { type: "string", secret: true } },
    required: ["url", "key"],
  },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: { token: { secret: true, description: "the token" } },
  handle: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  mint: async ({ ttl }, ctx) => {
    const { id, token, expires } = readAnswer(await ask(ctx, "", { json: { ttl } }), made, "the token");
    return { fields: { token: ctx.secret(token, "token") }, expires: new Date(expires), handle: { id } };
  },
  revoke: async ({ handle }, ctx) => void (await ask(ctx, handle.id, { method: "DELETE" })),
});

function harness(
  parts: Partial<Provider> = {},
  more: Partial<ProviderHarness<IssuerStage>> = {},
): ProviderHarness<IssuerStage> {
  return {
    provider: { ...sound, ...parts },
    start: (world) => startIssuer(world?.now ?? Date.now),
    refuse: ({ way }) => way.refuse(),
    way: ({ way }) => way,
    isLive: ({ issuer, now }, { token }) =>
      [...issuer.live.values()].some((one) => one.token === token && one.until > now()),
    ...more,
  };
}

/** The sound provider, with its answer changed. */
function minting(change: (minted: Awaited<ReturnType<Provider["mint"]>>, ctx: MintContext) => object) {
  return harness({
    mint: async (request, ctx) => {
      const minted = await sound.mint(request, ctx);
      return { ...minted, ...change(minted, ctx) };
    },
  });
}

const timeout = 240_000;

test(
  "a sound provider keeps a consumer alive through a week of outages, and all of it is shown",
  { timeout },
  async () => {
    const report = await runSuites([weekSuite(harness())], { timeout });
    expect(reportText(report)).not.toContain("BROKEN");
    expect(report).toMatchObject({ kept: 7, broken: 0 });
  },
);

test("so does one whose credentials live for days, or for ever", { timeout }, async () => {
  const days = harness(
    {},
    { start: async (world) => ({ ...(await startIssuer(world?.now ?? Date.now)), request: { ttl: 72 * hour } }) },
  );
  const ever = minting(() => ({ expires: "never" }));
  const report = await runSuites(
    [
      weekSuite(days),
      weekSuite({
        ...ever,
        isLive: ({ issuer }, { token }) => [...issuer.live.values()].some((one) => one.token === token),
      }),
    ],
    { timeout },
  );
  expect(reportText(report)).not.toContain("BROKEN");
});

/** What breaks which promise, and what is then said. */
const bad: readonly (readonly [
  what: string,
  harness: () => ProviderHarness<IssuerStage>,
  id: string,
  message: RegExp,
])[] = [
  [
    "whose issuer goes by the machine's clock",
    () =>
      harness(
        {},
        {
          start: () => startIssuer(Date.now),
          isLive: ({ issuer }, { token }) => [...issuer.live.values()].some((one) => one.token === token),
        },
      ),
    "week-clock",
    /a later one -?[\d.]+ h: does the issuer of the harness go by `now`/,
  ],
  [
    "that tells a life twice as long as it is",
    () => minting(() => ({ expires: { in: 2 * hour } })),
    "week-alive",
    /the consumer had nothing that works/,
  ],
  [
    "that says of a refusal that a person must help, for good",
    () => {
      let isBroken = false;
      return harness({
        mint: async (request, ctx) => {
          if (isBroken) throw new RotateError("it was refused once", { code: "DENIED", retryable: false, hint: "ask" });
          return sound.mint(request, ctx).catch((error: unknown) => {
            isBroken = true;
            throw error;
          });
        },
      });
    },
    "week-recovers",
    /all had been well/,
  ],
  [
    "that gives what it had before when it is refused",
    () => {
      let last: Awaited<ReturnType<Provider["mint"]>> | undefined;
      return harness({
        mint: async (request, ctx) => {
          try {
            last = await sound.mint(request, ctx);
          } catch (error) {
            if (last === undefined) throw error;
            return { ...last, expires: { in: hour } };
          }
          return last;
        },
      });
    },
    "week-told",
    /no longer worked, and the run ended with 0/,
  ],
  ["that tells a life of a tenth", () => minting(() => ({ expires: { in: hour / 10 } })), "week-mints", /asks for/],
  [
    "whose handle names no lease",
    () => minting(() => ({ handle: { id: "none" } })),
    "week-revoked",
    /live at the end of the week/,
  ],
];

test.each(bad)("a provider %s", { timeout }, async (_, broken, id, message) => {
  const report = await runSuites([weekSuite(broken())], { timeout });
  const result = report.suites[0]?.results.find((one) => one.id === id);
  expect([id, result?.outcome, result?.failure?.message]).toEqual([id, "broken", expect.stringMatching(message)]);
});
