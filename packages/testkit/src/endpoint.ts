import {
  type CurrentQuestion,
  type Endpoint,
  type EndpointContext,
  type EndpointCredential,
  type ListeningAt,
  RotateError,
} from "@rotate/plugin-kit";
import {
  asSecretRef,
  createContext,
  isTemplateOption,
  materialize,
  type Runtime,
  templateOption,
} from "@rotate/runtime";
import {
  createHttpEndpoint,
  type HttpEndpoint,
  type Listener,
  openListener,
  type ListenerOptions,
} from "@rotate/runtime/serving";
import { createTestContext, type TestContext } from "./context.ts";

/** A credential as a test gives it: texts by field. */
export interface GivenCredential {
  readonly fields: Readonly<Record<string, string>>;
  /** Default: another one for each that is given. */
  readonly leaseId?: string;
  /** Milliseconds that it lives. Default an hour. */
  readonly life?: number | "never";
}

/** How an endpoint is opened in a test. */
export interface TestEndpointOptions {
  /** As `createTestContext` takes them; secret ones that are templates by `templateRef`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default one named `app`. */
  readonly rotations?: readonly string[];
  /** A path in a directory of the test's own. Default: a free port of 127.0.0.1. */
  readonly socket?: string;
  /** What is given from the start, for every rotation. */
  readonly given?: GivenCredential;
  /** Asked when a lease is said to be refused: what is given instead. Absent: nothing newer is to be had. */
  readonly onRefused?: (leaseId: string) => GivenCredential | Promise<GivenCredential>;
}

/** An endpoint that is open, and what a test wants to see of it. */
export interface TestEndpoint {
  readonly at: ListeningAt;
  /** From now on this is given; undefined: there is none. */
  readonly give: (credential: GivenCredential | undefined, rotation?: string) => EndpointCredential | undefined;
  /** Sessions by lease. */
  readonly sessions: ReadonlyMap<string, number>;
  /** Who was turned away, by the word. */
  readonly refusals: readonly string[];
  readonly ctx: TestContext;
  readonly close: (hurry?: AbortSignal) => Promise<void>;
}

/** A secret option that is a template of one field, as `"{{ token }}"` in the spec. */
export function templateRef(field: string) {
  const source = `{{ ${field} }}`;
  return asSecretRef(templateOption({ source, fields: [field], render: ({ fields }) => fields[field] ?? "" }));
}

/** Opens an endpoint on a real listener, over credentials that the test gives. Throws what `open` throws. */
export async function openTestEndpoint(endpoint: Endpoint, asked: TestEndpointOptions = {}): Promise<TestEndpoint> {
  const { options = {}, rotations = ["app"], env } = asked;
  const ctx = createTestContext({ schema: endpoint.options, options, timeout: 60_000, ...(env && { env }) });
  const supply = createSupply(asked, rotations, ctx.runtime);
  const ending = new AbortController();
  const refusals: string[] = [];
  const doors: { readonly listener: Listener; readonly drain: HttpEndpoint["drain"] }[] = [];
  const onRefused = (word: string): void => void refusals.push(word);

  async function listen(
    make: Pick<ListenerOptions, "onConnection">,
    drain: HttpEndpoint["drain"] = async () => undefined,
  ) {
    const where = asked.socket === undefined ? { host: "127.0.0.1", port: 0 } : { socket: asked.socket, mode: 0o600 };
    const listener = await openListener({ where, onRefused, ...make });
    doors.push({ listener, drain });
    return listener.at;
  }

  const context: EndpointContext = {
    ...ctx,
    signal: ending.signal,
    entry: "test",
    rotations,
    ...supply.methods,
    ...optionsOf(ctx, ending.signal),
    refusal: onRefused,
    listen(handler) {
      const http = createHttpEndpoint({
        at: () => doors[0]?.listener.at ?? { socket: asked.socket ?? "" },
        handler,
        runtime: ctx.runtime,
        onRefused,
      });
      return listen({ onConnection: http.take }, http.drain);
    },
    accept: (take) => listen({ onConnection: take }),
  };
  const open = await endpoint.open(context);
  const [door] = doors;
  if (door === undefined) throw new Error("the endpoint does not listen");
  return {
    at: door.listener.at,
    give: supply.give,
    sessions: supply.sessions,
    refusals,
    ctx,
    async close(hurry = AbortSignal.timeout(1_000)) {
      door.listener.stop();
      await Promise.all([door.drain(hurry), open.close?.(hurry)]);
      ending.abort();
      await door.listener.cut();
    },
  };
}

function optionsOf({ options, runtime }: TestContext, signal: AbortSignal) {
  const contextWith = (credential?: EndpointCredential) =>
    createContext({ runtime, options, signal, scope: scopeOf(credential) });
  return {
    resolve: async (ref: Parameters<EndpointContext["resolve"]>[0], credential?: EndpointCredential) => {
      const option: unknown = ref;
      const needed = isTemplateOption(option) ? option.template.fields : [];
      if (needed.length > 0 && credential === undefined) throw new TypeError("a template needs the credential");
      return contextWith(credential).resolve(ref);
    },
    optionsWith: (credential: EndpointCredential) =>
      materialize(options as Readonly<Record<string, unknown>>, { runtime, signal, scope: scopeOf(credential) }),
  };
}

function scopeOf(credential?: EndpointCredential) {
  const texts = Object.entries(credential?.fields ?? {}).map(([name, secret]) => [name, secret.reveal()]);
  return { fields: Object.fromEntries(texts), lease: { issuedAt: "", expiresAt: "" } };
}

function createSupply(
  { given, onRefused }: TestEndpointOptions,
  rotations: readonly string[],
  { masker, monotonic }: Runtime,
) {
  const current = new Map<string, EndpointCredential>();
  const sessions = new Map<string, number>();
  const waiting = new Set<() => void>();
  let count = 0;

  function credentialOf(rotation: string, one: GivenCredential): EndpointCredential {
    const { fields, life = 3_600_000, leaseId = `lease-${++count}` } = one;
    const until = monotonic() + (life === "never" ? Infinity : life);
    const secrets = Object.entries(fields).map(([name, text]) => [name, masker.secret(text, name)] as const);
    const before = current.get(rotation);
    return {
      rotation,
      fields: Object.fromEntries(secrets),
      declared: Object.fromEntries(secrets.map(([name]) => [name, { secret: true, description: "" }])),
      leaseId,
      fingerprint: `print-of-${leaseId}`,
      issuedAt: new Date(),
      expiresAt: life === "never" ? life : new Date(Date.now() + life),
      remaining: () => Math.max(0, until - monotonic()),
      ...(before && { previous: before }),
    };
  }
  function give(one: GivenCredential | undefined, rotation = rotations[0] ?? "app"): EndpointCredential | undefined {
    const made = one && credentialOf(rotation, one);
    if (made === undefined) current.delete(rotation);
    else current.set(rotation, made);
    for (const wake of waiting) wake();
    return made;
  }
  async function ask({ rotation = rotations[0] ?? "", refused }: CurrentQuestion = {}): Promise<EndpointCredential> {
    if (!rotations.includes(rotation)) throw failure("it serves no such rotation", "NOT_FOUND");
    const known = current.get(rotation);
    if (known !== undefined && known.leaseId === refused) {
      if (onRefused === undefined) throw failure("a server refused the newest credential", "UNAVAILABLE");
      return give(await onRefused(refused), rotation)!;
    }
    if (known === undefined || known.remaining() === 0)
      throw failure(`there is no credential of ${rotation}`, "UNAVAILABLE");
    return known;
  }
  function held(leaseId: string): () => void {
    sessions.set(leaseId, (sessions.get(leaseId) ?? 0) + 1);
    return () => {
      const left = (sessions.get(leaseId) ?? 1) - 1;
      if (left > 0) sessions.set(leaseId, left);
      else sessions.delete(leaseId);
    };
  }
  function changed({ rotation, leaseId }: EndpointCredential, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if ((current.get(rotation)?.leaseId ?? leaseId) === leaseId) return;
        waiting.delete(look);
        resolve();
      };
      signal?.addEventListener("abort", () => reject(signal.reason));
      waiting.add(look);
      look();
    });
  }
  if (given !== undefined) for (const rotation of rotations) give(given, rotation);
  return { give, sessions, methods: { current: ask, held, changed } };
}

function failure(message: string, code: "NOT_FOUND" | "UNAVAILABLE"): RotateError {
  const retryable = code === "UNAVAILABLE";
  return new RotateError(message, {
    code,
    retryable,
    hint: "look at the test",
    ...(retryable && { retryAfter: 1_000 }),
  });
}
