/** Weeks of providers over an issuer that speaks HTTP, one sound and one for each promise that can be broken. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  defineProvider,
  httpError,
  readAnswer,
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
import { judge } from "../../src/week/judge.ts";
import { type Look, type PlayedWeek, playWeek } from "../../src/week/play.ts";
import { weekPromises, type WeekPromiseId } from "../../src/week/promises.ts";

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
  return { issuer, way, now, options, request: { ttl: 6 * hour }, secrets: [key], close };
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

const timeout = 240_000;

test(
  "a sound provider keeps a consumer alive through a week of outages, and each promise is one that can be broken",
  { timeout },
  async () => {
    const played = await playWeek(harness() as unknown as ProviderHarness);
    expect(weekPromises.map(({ id }) => [id, judge(id, played)])).toEqual(
      weekPromises.map(({ id }) => [id, undefined]),
    );
    expect(new Set(played.looks.map(({ trouble }) => trouble?.kind))).toEqual(
      new Set([undefined, "refused", "broken", "busy", "silent", "off", "long"]),
    );
    for (const [id, spoil, message] of spoilt)
      expect([id, judge(id, { ...played, ...spoil(played) })]).toEqual([id, expect.stringMatching(message)]);
    expect(new Set(spoilt.map(([id]) => id))).toEqual(new Set(weekPromises.map(({ id }) => id)));
  },
);

type Spoil = (played: PlayedWeek) => Partial<PlayedWeek>;

/** Looks that fit, changed. */
function looking(fits: (look: Look) => boolean, change: Partial<Look>): Spoil {
  return ({ looks }) => ({ looks: looks.map((look) => (fits(look) ? { ...look, ...change } : look)) });
}

/** What a worse week would have shown, and what is then said. */
const spoilt: readonly (readonly [WeekPromiseId, Spoil, RegExp])[] = [
  ["week-clock", () => ({ minted: [] }), /nothing was minted at all/],
  ["week-clock", () => ({ life: -hour }), /had ended 1.00 h before it was minted/],
  [
    "week-clock",
    ({ minted }) => ({ minted: minted.map((one, nth) => (nth === 5 ? { ...one, until: one.at - hour } : one)) }),
    /a later one -60.0 min|a later one -1.00 h/,
  ],
  [
    "week-alive",
    looking(({ trouble }) => trouble?.kind === "broken", { works: false }),
    /\(broken\) the consumer had nothing that works/,
  ],
  ["week-alive", looking(({ at }) => at === 0, { works: undefined }), /nothing that works/],
  [
    "week-told",
    looking(({ trouble, works }) => trouble?.kind === "long" && works === false, { exit: 0 }),
    /the run ended with 0/,
  ],
  [
    "week-told",
    looking(({ trouble, works }) => trouble?.kind === "long" && works === true, { exit: 0 }),
    /nothing was said before/,
  ],
  ["week-told", looking(({ trouble }) => trouble?.kind === "long", { works: true }), /which lived on/],
  [
    "week-recovers",
    looking(({ at }) => at > 6.5 * 24 * hour, { works: false, reason: "it was refused once" }),
    /all had been well for .*: it was refused once/,
  ],
  ["week-mints", ({ minted }) => ({ minted: Array.from({ length: 5 }, () => minted).flat() }), /asks for \d+ at most/],
  [
    "week-revoked",
    looking(({ at }) => at > 1, { beforeWorks: true }),
    /still worked, [\d.]+ (min|h) after it was replaced/,
  ],
  [
    "week-no-leak",
    () => ({ leaks: [{ canary: "token", where: "the log", how: "encoded" }] }),
    /a secret stands in the log, encoded/,
  ],
];

test("a provider whose handle names no lease is told so, by the runner of the contracts", { timeout }, async () => {
  const broken = harness({
    mint: async (request, ctx) => ({ ...(await sound.mint(request, ctx)), handle: { id: "none" } }),
  });
  const report = await runSuites([weekSuite(broken)], { timeout });
  expect(report).toMatchObject({ kept: 6, broken: 1 });
  expect(reportText(report)).toMatch(/BROKEN {2}has what was replaced revoked.*\n.*still worked/);
  expect(reportText(report)).toContain("written down in docs/reference/contract.md#week-revoked");
});

test(
  "credentials that never end are replaced each day, and without a way only the machine fails",
  { timeout },
  async () => {
    const { way: _, ...ever } = harness({
      mint: async (request, ctx) => ({ ...(await sound.mint(request, ctx)), expires: "never" }),
    });
    const report = await runSuites(
      [
        weekSuite({
          ...ever,
          isLive: ({ issuer }, { token }) => [...issuer.live.values()].some((one) => one.token === token),
        }),
      ],
      { timeout },
    );
    expect(report).toMatchObject({ kept: 6, broken: 0, unconcerned: 1 });
  },
);
