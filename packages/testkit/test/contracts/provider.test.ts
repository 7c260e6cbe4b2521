import {
  type ErrorDetails,
  type Fields,
  RotateError,
  Secret,
  type MintContext,
  type Provider,
  type SecretRef,
} from "@rotate/plugin-kit";
import {
  mintCanary,
  providerContract,
  type ProviderHarness,
  providerRules,
  type ProviderStage,
  secretRef,
} from "@rotate/testkit";
import { describe, test } from "vitest";
import { forever, testEveryRule } from "./every-rule.ts";

/** An issuer in memory. */
interface Issuer {
  mode: "works" | "refuses" | "hangs";
  readonly live: Map<string, string>;
  cut?: Cut;
  /** Settles when the mint that is under way has taken effect or not. */
  decided: Promise<void>;
}
interface Cut {
  left: number;
  late?: () => void;
}
interface IssuerStage extends ProviderStage {
  readonly issuer: Issuer;
}
const issuers = new Map<string, Issuer>();

function issuerOf(ctx: { readonly options: unknown }): Issuer {
  return issuers.get((ctx.options as { readonly name: string }).name) as Issuer;
}

const denied = new RotateError("the issuer refuses", { code: "DENIED", retryable: false, hint: "ask for the role" });

async function call(ctx: Pick<MintContext, "options" | "sleep">): Promise<Issuer> {
  const issuer = issuerOf(ctx);
  if (issuer.mode === "hangs") await ctx.sleep(3_600_000);
  if (issuer.mode === "refuses") throw denied;
  return issuer;
}

type Handle = { readonly id: string };

const lost = { code: "UNAVAILABLE", retryable: true, hint: "look at the network" } as const;

/** One message to the issuer, which gets it late when the call is cut off here. */
function send(issuer: Issuer, effect: () => void, details: Partial<ErrorDetails> = {}): void {
  const { cut } = issuer;
  if (cut === undefined || cut.late !== undefined) return effect();
  cut.left -= 1;
  if (cut.left > 0) return effect();
  issuer.decided = new Promise((resolve) => {
    cut.late = () => resolve(effect());
  });
  throw new RotateError("the connection broke", { ...lost, ...details });
}

const good: Provider = {
  type: "sample",
  options: {
    type: "object",
    properties: { name: { type: "string" }, key: { type: "string", secret: true } },
    required: ["name", "key"],
  },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: {
    user: { secret: false, description: "who" },
    token: { secret: true, description: "the token" },
    note: { secret: false, description: "a note", optional: true },
  },
  handle: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
  login: async (ctx) => ({ session: await ctx.resolve((ctx.options as { readonly key: SecretRef }).key) }),
  check: async (ctx) => void (await call(ctx)),
  mint: async (request, ctx) => {
    const issuer = await call(ctx);
    const token = ctx.secret(mintCanary("token").text, "token");
    send(issuer, () => undefined);
    send(issuer, () => void issuer.live.set(ctx.leaseId, token.reveal()));
    const { ttl } = request as { readonly ttl: number };
    return { fields: { user: "svc", token }, expires: { in: ttl }, renewable: true, handle: { id: ctx.leaseId } };
  },
  renew: async (_lease, ctx) => {
    await call(ctx);
    return { expires: { in: 60_000 } };
  },
  revoke: async (lease, ctx) => void (await call(ctx)).live.delete((lease.handle as Handle).id),
  revokeValue: async ({ token }, ctx) => {
    const { live } = await call(ctx);
    for (const [id, text] of live) if (text === (token as Secret).reveal()) live.delete(id);
  },
  find: async (leaseId, ctx) => {
    await issuerOf(ctx).decided;
    return look(leaseId, ctx);
  },
};

async function look(leaseId: string, ctx: Pick<MintContext, "options" | "sleep">) {
  return (await call(ctx)).live.has(leaseId) ? { expires: { in: 60_000 }, handle: { id: leaseId } } : undefined;
}

function harness(parts: Partial<Provider> = {}): ProviderHarness {
  const made: ProviderHarness<IssuerStage> = {
    provider: { ...good, ...parts },
    start: () => {
      const name = mintCanary("issuer", { plain: true }).text;
      const key = mintCanary("key").text;
      const issuer: Issuer = { mode: "works", live: new Map(), decided: Promise.resolve() };
      issuers.set(name, issuer);
      return { issuer, options: { name, key: secretRef(key) }, secrets: [key], close: () => void issuers.delete(name) };
    },
    refuse: ({ issuer }) => void (issuer.mode = "refuses"),
    hang: ({ issuer }) => void (issuer.mode = "hangs"),
    cutAt: ({ issuer }, message) => {
      const cut: Cut = { left: message };
      issuer.cut = cut;
      return { reached: () => cut.late !== undefined, arrive: async () => cut.late?.() };
    },
    isLive: ({ issuer }, { token }) => [...issuer.live.values()].includes(token ?? ""),
  };
  return made as unknown as ProviderHarness;
}

type Mint = Provider["mint"];
type Result = Awaited<ReturnType<Mint>>;

/** The good provider, with its answer changed. */
function minting(change: (minted: Result, ctx: MintContext) => object): ProviderHarness {
  return harness({
    mint: async (request, ctx) => {
      const minted = await good.mint(request, ctx);
      return { ...minted, ...change(minted, ctx) };
    },
  });
}

/** The good provider, whose mint fails this way when it is refused. */
function refusing(refusal: (ctx: MintContext) => unknown): ProviderHarness {
  return harness({
    mint: async (request, ctx) => {
      if (issuerOf(ctx).mode === "refuses") throw refusal(ctx);
      return good.mint(request, ctx);
    },
  });
}

function error(message: string, hint = "do something"): RotateError {
  return new RotateError(message, { code: "DENIED", retryable: false, hint });
}

const withoutRenew = Object.fromEntries(
  Object.entries(good).filter(([verb]) => verb !== "renew"),
) as unknown as Provider;
const badSchema = {
  type: "object",
  properties: { name: { type: "string", format: "email" } },
} as unknown as Provider["options"];
const text = (secret: unknown): string => (secret as Secret).reveal();
const login = (ctx: MintContext): string => text((ctx.login as { readonly session: Secret }).session);

/** The required parts alone, under an issuer that can be asked nothing. */
const { isLive: _isLive, hang: _hang, cutAt: _cutAt, ...bare } = harness();
const least: ProviderHarness = {
  ...bare,
  provider: {
    type: "least",
    options: good.options,
    fields: { token: { secret: true, description: "the token" } },
    mint: async (_request, ctx) => {
      await call(ctx);
      return { fields: { token: ctx.secret("token-of-the-least") }, expires: "never" };
    },
  },
};

testEveryRule(
  providerRules.filter(({ id }) => !/-(fault|issuer)-/.test(id)),
  {
    good: [harness(), harness({ fields: () => good.fields as Fields }), least],
    breakers: {
      "describes options, request and handle in the schema subset": [
        [harness({ options: badSchema }), /"email" is no format/],
        [harness({ request: { type: "object", required: ["ttl"] } }), /"ttl" is required but not among/],
        [
          harness({ handle: { type: "object", properties: { id: { type: "null" } as never } } }),
          /is not in our subset/,
        ],
      ],
      "declares what it mints, the same each time": [
        [harness({ fields: {} }), /at least one field/],
        [harness({ fields: { "a-b": { secret: true, description: "x" } } }), /can be named/],
        [harness({ fields: { a: { secret: true, description: "" } } }), /has a description/],
        [harness({ fields: () => ({ a: { secret: true, description: String(performance.now()) } }) }), /pure/],
      ],
      "mints exactly the declared fields, secret ones as Secret": [
        [minting(({ fields }) => ({ fields: { ...fields, more: "x" } })), /more is minted but not declared/],
        [minting(({ fields }) => ({ fields: { token: fields["token"] } })), /declared but not minted/],
        [minting(({ fields }) => ({ fields: { ...fields, token: text(fields["token"]) } })), /token is a Secret/],
        [minting(({ fields }) => ({ fields: { ...fields, user: new Secret("svc") } })), /user is plain text/],
        [minting(({ fields }, ctx) => ({ fields: { ...fields, token: ctx.secret("a\nb") } })), /control character/],
        [minting(({ fields }) => ({ fields: { ...fields, user: "" } })), /user is not empty/],
        [minting(({ fields }) => ({ fields: { ...fields, user: 7 } })), /user is text/],
      ],
      "masks what it mints from the moment it has it": [
        [
          minting(({ fields }) => ({ fields: { ...fields, token: new Secret("unmasked-token") } })),
          /wrap what comes off the wire/,
        ],
      ],
      "says honestly how long the credential lives": [
        [minting(() => ({ expires: new Date(0) })), /expired before/],
        [minting(() => ({ expires: { in: Number.NaN } })), /is a Date/],
        [minting(() => ({ expires: { in: 60_000 } })), /shorter than the request's ttl/],
        [{ ...harness(), provider: withoutRenew }, /needs `renew`/],
      ],
      "keeps in the handle only what its schema says and JSON can carry": [
        [minting(() => ({ handle: { id: "1", at: new Date(0) } })), /survives JSON/],
        [minting(() => ({ handle: { id: 1 } })), /fits its schema/],
        [minting(() => ({ handle: { id: "1", more: "x" } })), /fits its schema/],
        [harness({ handle: undefined as never }), /needs its schema/],
      ],
      "gives no secret away in log, login, lease terms or handle": [
        [minting(({ fields }) => ({ handle: { id: text(fields["token"]) } })), /the handle, /],
        [
          minting(({ fields }) => ({ fields: { ...fields, user: encodeURIComponent(text(fields["token"])) } })),
          /plain fields, encoded/,
        ],
        [
          harness({
            login: async (ctx) => ({
              session: text(await ctx.resolve((ctx.options as { readonly key: SecretRef }).key)),
            }),
          }),
          /the login, /,
        ],
        [
          minting(({ fields }, ctx) => (ctx.log.info(Array.from(text(fields["token"])).toReversed().join("")), {})),
          /the log, reversed/,
        ],
      ],
      "throws a RotateError with a hint when the issuer refuses": [
        [refusing(() => new TypeError("fetch failed")), /not a RotateError: TypeError/],
        [refusing(() => error("refused", "")), /no hint/],
        [refusing(() => error("The issuer refuses")), /lower case/],
        [refusing(() => error("refused.")), /full stop/],
        [refusing((ctx) => error(`refused ${login(ctx)}`)), /the error, /],
        [
          refusing(
            (ctx) => new RotateError("refused", { code: "DENIED", retryable: false, hint: "x", cause: login(ctx) }),
          ),
          /the error, /,
        ],
        [
          harness({
            mint: (request, ctx) => {
              issuerOf(ctx).mode = "works";
              return good.mint(request, ctx);
            },
          }),
          /mint succeeded although/,
        ],
      ],
      "ends a mint with its signal when the issuer is silent": [
        [harness({ mint: () => new Promise(() => undefined) }), /went on after its signal/],
        [
          harness({
            mint: (_request, ctx) =>
              forever(ctx).catch(() => {
                throw new Error("aborted");
              }),
          }),
          /not a RotateError/,
        ],
      ],
      "finds out before a mint that it could not work": [
        [harness({ check: async () => undefined }), /check succeeded although/],
        [
          harness({
            check: async () => {
              throw error("always no");
            },
          }),
          /always no/,
        ],
      ],
      "mints credentials that work, the earlier one still beside the later": [
        [minting((_minted, ctx) => (issuerOf(ctx).live.delete(ctx.leaseId), {})), /works after its mint/],
        [
          harness({ mint: (request, ctx) => (issuerOf(ctx).live.clear(), good.mint(request, ctx)) }),
          /works after the next mint/,
        ],
      ],
      "revokes from the handle alone, in any process, and again when it is gone": [
        [harness({ revoke: async () => undefined }), /no longer works after revoke/],
        [
          harness({
            revoke: async (lease, ctx) => {
              if (!issuerOf(ctx).live.delete((lease.handle as Handle).id)) throw error("no such lease");
            },
          }),
          /no such lease/,
        ],
      ],
      "revokes a credential that is shown to it, and again when it is gone": [
        [harness({ revokeValue: async () => undefined }), /no longer works after revokeValue/],
      ],
      "throws a RotateError with a hint when the issuer refuses to revoke": [
        [harness({ revoke: async () => undefined }), /revoke succeeded although/],
        [
          harness({
            revoke: async (_lease, ctx) => {
              throw error(`cannot revoke with ${login(ctx as MintContext)}`);
            },
          }),
          /the error, /,
        ],
      ],
      "renews a lease from its handle, and says how long it lives then": [
        [harness({ renew: async () => ({ expires: { in: -1 } }) }), /expired before/],
        [
          harness({ renew: async (_lease, ctx) => (issuerOf(ctx).live.clear(), { expires: { in: 1000 } }) }),
          /works after renew/,
        ],
        [harness({ renew: async () => undefined as never }), /gives the new terms/],
      ],
      "finds a lease whose answer was lost by our id, and none that never was": [
        [harness({ find: async () => undefined }), /does not see/],
        [harness({ find: async () => ({ expires: { in: 1 } }) }), /never was/],
        [
          harness({
            find: async (id, ctx) =>
              issuerOf(ctx).live.has(id)
                ? { expires: { in: 1000 }, handle: { id: issuerOf(ctx).live.get(id) } }
                : undefined,
          }),
          /what find tells/,
        ],
      ],
      "knows of a mint that was cut off whether it made a lease, however late it arrives": [
        [harness({ find: look }), /find knew something else/],
        [
          minting((_minted, ctx) => {
            send(issuerOf(ctx), () => undefined, { noEffect: true });
            return {};
          }),
          /says that nothing lives, and it does/,
        ],
        [harness({ revoke: async () => undefined }), /find sees a lease that was revoked/],
        [harness({ find: async () => undefined }), /does not see the lease/],
      ],
    },
  },
);

providerContract({ describe, test }, harness());
