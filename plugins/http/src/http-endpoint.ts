import {
  defineEndpoint,
  isRotateError,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointCredential,
  type EndpointRequest,
  type Infer,
  type ObjectSchema,
  Secret,
} from "@rotate/plugin-kit";
import { printAsked } from "@rotate/plugin-kit/formats";

const options = {
  type: "object",
  properties: {
    key: {
      type: "string",
      secret: true,
      description: "What has to be shown as `Authorization: Bearer …`. On a socket its permissions are enough.",
    },
  },
} as const satisfies ObjectSchema;
type Ctx = EndpointContext<Infer<typeof options>>;

/** Connections are cut by proxies and load balancers after a minute of silence. ms */
const longestWait = 55_000;
/** Who waits costs a connection. */
const mostWaiters = 64;
/** Minting takes seconds; who asked for it waits. ms */
const mintPatience = 30_000;

/** Credentials by HTTP, for every language: `GET /v1/credentials/NAME`. */
export const httpEndpoint = defineEndpoint({
  type: "http",
  options,
  many: true,
  authenticates: ({ key }) => key !== undefined,
  // What `@rotate/client` looks for.
  environment: (_, at): Readonly<Record<string, string>> => ("socket" in at ? { ROTATE_SOCKET: at.socket } : {}),

  async open(ctx) {
    if (ctx.options.key !== undefined) await ctx.resolve(ctx.options.key);
    const ending = new AbortController();
    const waiting = { count: 0 };
    await ctx.listen((request) => answer(request, ctx, { waiting, ending: ending.signal }));
    return {
      async close() {
        ending.abort();
      },
    };
  },
});

interface Room {
  readonly waiting: { count: number };
  /** Nobody waits any longer. */
  readonly ending: AbortSignal;
}

async function answer(request: EndpointRequest, ctx: Ctx, room: Room): Promise<EndpointAnswer> {
  const { key } = ctx.options;
  if (key !== undefined && !isShown(request, await ctx.resolve(key)))
    return fail(401, "show the key as `Authorization: Bearer …`", "wrong-key");
  if (request.method !== "GET") return fail(405, "only GET is answered here", "method");
  if (request.path === "/v1/health") return { status: 200, json: { version: 1, state: "listening" } };
  const [, encoded] = /^\/v1\/credentials\/([^/]+)$/.exec(request.path) ?? [];
  const name = encoded === undefined ? undefined : decoded(encoded);
  // Nobody learns which others there are.
  if (name === undefined || !ctx.rotations.includes(name))
    return fail(404, "there is no such credential here", "unknown");
  try {
    return await answerWith(name, request, { ctx, room });
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const seconds = Math.ceil((error.retryAfter ?? 1_000) / 1_000);
    return { ...fail(503, error.message, "unavailable"), headers: { "retry-after": String(seconds) } };
  }
}

function isShown(request: EndpointRequest, key: Parameters<EndpointRequest["shows"]>[1]): boolean {
  return request.shows("authorization", key, "Bearer ");
}

async function answerWith(
  rotation: string,
  { query, signal }: EndpointRequest,
  { ctx, room }: { readonly ctx: Ctx; readonly room: Room },
): Promise<EndpointAnswer> {
  const format = query.get("format");
  if (format !== null)
    return printed(format, await ctx.current({ rotation }), { field: query.get("field"), now: ctx.now() });
  const first = await ctx.current({ rotation });
  if (query.get("refused") === first.fingerprint) {
    return told(await ctx.current({ rotation, refused: first.leaseId, patience: mintPatience }));
  }
  if (query.get("after") !== first.fingerprint) return told(first);
  const wait = Math.min(Number(query.get("wait") ?? 0) * 1_000, longestWait);
  if (!(wait > 0) || room.waiting.count >= mostWaiters) return { status: 304 };
  room.waiting.count++;
  try {
    const limit = AbortSignal.any([signal, room.ending, AbortSignal.timeout(wait)]);
    await ctx.changed(first, limit);
    return told(await ctx.current({ rotation }));
  } catch (error) {
    if (isRotateError(error)) throw error;
    return { status: 304 };
  } finally {
    room.waiting.count--;
  }
}

function told({
  rotation,
  fields,
  fingerprint,
  issuedAt,
  expiresAt,
  remaining,
  previous,
}: EndpointCredential): EndpointAnswer {
  const ends =
    expiresAt === "never" ? {} : { expiresAt: expiresAt.toISOString(), remainingMs: Math.floor(remaining()) };
  const json = {
    version: 1,
    name: rotation,
    fields,
    fingerprint,
    issuedAt: issuedAt.toISOString(),
    ...ends,
    ...(previous && previous.remaining() > 0 && { previous: toldBefore(previous) }),
  };
  return { status: 200, json };
}

/** The credential in the words of a program, as `rotate credential --format` prints it. */
function printed(
  asked: string,
  credential: EndpointCredential,
  { field, now }: { readonly field: string | null; readonly now: number },
): EndpointAnswer {
  const { rotation, declared, fields, environment, issuedAt, expiresAt } = credential;
  const texts = {
    name: rotation,
    declared,
    fields: textsOf(fields),
    environment: environment && textsOf(environment),
    issuedAt: issuedAt.toISOString(),
    expiresAt: expiresAt === "never" ? undefined : expiresAt.toISOString(),
  };
  try {
    const text = printAsked(asked, texts, { now, ...(field !== null && { field }) });
    return { status: 200, text: new Secret(text, "credential") };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return fail(400, error.message, "format");
  }
}

function textsOf(secrets: Readonly<Record<string, Secret>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
}

function toldBefore({ fields, fingerprint, issuedAt, expiresAt }: NonNullable<EndpointCredential["previous"]>) {
  const ends = expiresAt === "never" ? {} : { expiresAt: expiresAt.toISOString() };
  return { fields, fingerprint, issuedAt: issuedAt.toISOString(), ...ends };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function fail(status: number, message: string, refusal: string): EndpointAnswer {
  return { status, json: { version: 1, error: { message } }, refusal };
}
