/** The issuer: what it does with a request that reaches it, and the provider that asks it. */
import { defineProvider, httpError, type Context, type Expires, type Http, type Provider } from "@rotate/plugin-kit";
import { epoch, troubleAt, versionAt } from "./outside.ts";
import type { CallKind, Place, Token, World } from "./world.ts";

export interface Request {
  readonly kind: CallKind;
  readonly account?: string;
  readonly login?: number;
  readonly token?: number;
}

/** What it answers; undefined: it refuses. `life`: from now. */
export interface Answer {
  readonly id: number;
  readonly value?: string;
  readonly life: number;
}

/** A request has arrived. */
export function serve(world: World, request: Request): Answer | undefined {
  const { shape } = world.scenario;
  const now = world.clock.now();
  if (request.kind === "login") return { id: world.logins.push(now + shape.login!) - 1, life: shape.login! };
  const place = world.places.get(request.account!)!;
  if (request.kind === "mint") return mint(world, place, world.logins[request.login ?? -1] ?? Infinity);
  const token = place.tokens.find(({ id }) => id === request.token);
  if (token === undefined) return undefined;
  return request.kind === "renew" ? renew(world, place, token) : revoke(world, place, token);
}

function mint(world: World, place: Place, loginEnd: number): Answer | undefined {
  const { shape } = world.scenario;
  const now = world.clock.now();
  if (loginEnd <= now) return undefined;
  const before = place.tokens.at(-1);
  const again = before !== undefined && isGivenAgain(world, before);
  if (shape.kills && before) endToken(world, place, { token: before, end: now });
  const token = again ? before : create(world, place, loginEnd);
  world.witness.minted(place, token, again);
  return { id: token.id, value: token.value, life: shape.login ? lifeAt(world, token.created) : token.end - now };
}

function isGivenAgain(world: World, before: Token): boolean {
  const { shape } = world.scenario;
  const now = world.clock.now();
  if (shape.changes !== undefined || shape.period !== undefined)
    return before.version === versionAt(world.outside, now);
  return shape.cache !== undefined && before.end - now > shape.cache;
}

function create(world: World, place: Place, loginEnd: number): Token {
  const { shape } = world.scenario;
  const now = world.clock.now();
  const id = ++world.tokens;
  const version = versionAt(world.outside, now);
  const end = shape.changes ? Infinity : shape.period ? (version + 1) * shape.period : now + lifeAt(world, now);
  const token = {
    id,
    value: `value-${id}-${"s".repeat(16)}`,
    created: now,
    end: Math.min(end, loginEnd),
    version,
    diesAt: loginEnd,
  };
  place.tokens.push(token);
  if (place.tokens.length > 40) place.tokens.splice(0, 20);
  return token;
}

function lifeAt({ outside, scenario: { shape } }: World, created: number): number {
  const { life, shrinks } = shape;
  const short = troubleAt(outside, created, ["short"])?.share;
  return short ?? (shrinks !== undefined && created > shrinks ? life / 2 : life);
}

/** How long a renewal would make it live from now; 0: it cannot be renewed any more. */
export function renewalLife({ clock, scenario: { shape } }: World, token: Token | undefined): number {
  if (token === undefined || shape.maxTtl === undefined || token.end <= clock.now()) return 0;
  return Math.min(clock.now() + shape.life, token.created + shape.maxTtl, token.diesAt) - clock.now();
}

function renew(world: World, place: Place, token: Token): Answer | undefined {
  const life = renewalLife(world, token);
  if (life <= 0) return undefined;
  endToken(world, place, { token, end: world.clock.now() + life });
  world.witness.renewed(place, token, life);
  return { id: token.id, life };
}

function revoke(world: World, place: Place, token: Token): Answer {
  endToken(world, place, { token, end: Math.min(token.end, world.clock.now()) });
  return { id: token.id, life: 0 };
}

function endToken(
  { witness }: World,
  place: Place,
  { token, end }: { readonly token: Token; readonly end: number },
): void {
  witness.changes(place);
  token.end = end;
  witness.took(place);
}

const id = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] } as const;
const answer = {
  type: "object",
  properties: { id: { type: "integer" }, value: { type: "string" }, life: { type: "number" } },
  required: ["id", "life"],
} as const;

async function ask({ http }: { readonly http: Http }, request: Request): Promise<Answer> {
  const got = await http(`https://issuer.test/${request.kind}`, { json: request });
  if (!got.ok) throw httpError(`the issuer refuses the ${request.kind}`, got);
  return got.json(answer);
}

/** The provider of all rotations: it says of its leases what a plugin for such an issuer would. */
export function providerOf(world: World): Provider {
  const { shape, revokes } = world.scenario;
  const terms = ({ id: handle, life }: Answer) => ({
    expires: expiryOf(world, life),
    handle: { id: handle },
    ...(shape.maxTtl !== undefined && { renewable: true }),
    ...(shape.login !== undefined && { diesWithLogin: true }),
    ...(shape.period !== undefined && { period: shape.period }),
  });
  const definition = {
    type: "weeks",
    options: { type: "object" },
    request: { type: "object", properties: { account: { type: "string" } }, required: ["account"] },
    fields: { token: { secret: true, description: "the value" } },
    handle: id,
    ...(shape.kills && { overlap: false as const }),
    ...((shape.changes ?? shape.period) !== undefined && { ghosts: false as const }),
    ...(shape.login !== undefined && {
      async login(ctx: Context) {
        const { id: login, life } = await ask(ctx, { kind: "login" });
        return { id: login, expires: { in: life } };
      },
    }),
    async mint({ account }: { readonly account: string }, ctx: LoggedIn) {
      const got = await ask(ctx, { kind: "mint", account, ...(ctx.login && { login: ctx.login.id }) });
      return { fields: { token: ctx.secret(got.value!, "token") }, ...terms(got) };
    },
    ...(shape.maxTtl !== undefined && {
      renew: async (lease: Known, ctx: Context) => terms(await ask(ctx, await about(world, lease, "renew"))),
    }),
    ...(revokes && {
      revoke: async (lease: Known, ctx: Context) => void (await ask(ctx, await about(world, lease, "revoke"))),
    }),
  } as const;
  return defineProvider(definition as never);
}

type LoggedIn = Context & { readonly login?: { readonly id: number } };
interface Known {
  readonly handle: { readonly id: number };
}

async function about({ places }: World, { handle }: Known, kind: CallKind): Promise<Request> {
  const place = [...places.values()].find(({ tokens }) => tokens.some((token) => token.id === handle.id));
  return { kind, token: handle.id, account: place?.name ?? "db" };
}

/** The issuer's clock is right. */
function expiryOf({ scenario, clock }: World, life: number): Expires {
  if (life === Infinity) return "never";
  return scenario.dates ? new Date(epoch + clock.now() + life) : { in: life };
}
