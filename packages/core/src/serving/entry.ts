import {
  invalid,
  RotateError,
  type EndpointContext,
  type EndpointCredential,
  type ListeningAt,
  type OpenEndpoint,
} from "@rotate/plugin-kit";
import { askedAccess } from "@rotate/plugin-kit/files";
import { createContext, materialize, type Runtime } from "@rotate/runtime";
import {
  createHttpEndpoint,
  type HttpEndpoint,
  leanSocket,
  openListener,
  type Listener,
  type ListenerOptions,
  type PortPlace,
  type SocketPlace,
} from "@rotate/runtime/serving";
import { bare } from "../loading/compile/serve.ts";
import type { EndpointEntry } from "../loading/model.ts";
import type { Answers } from "./answers.ts";
import { scopeOf } from "./credential.ts";
import type { Turned } from "./turned.ts";

/** What an entry is opened with. */
export interface EntryParts {
  readonly entry: EndpointEntry;
  readonly runtime: Runtime;
  /** By rotation. */
  readonly answers: ReadonlyMap<string, Answers>;
  /** Who was turned away. */
  readonly turned: Turned;
}

/** An entry that is open. */
export interface OpenEntry {
  readonly close: () => Promise<void>;
}

/** Opens an endpoint: it listens when this resolves. Throws RotateError when it cannot. */
export async function openEntry(parts: EntryParts): Promise<OpenEntry> {
  const { entry, runtime } = parts;
  const ending = new AbortController();
  const doors: Door[] = [];
  const ctx = await contextOf(parts, ending.signal, (door) => doors.push(door));
  let open: OpenEndpoint;
  try {
    open = await entry.part.open(ctx);
    if (doors.length === 0) throw invalid(`${entry.type} does not listen`, "a fault of the plugin");
  } catch (error) {
    ending.abort();
    await Promise.all(doors.map(({ listener }) => listener.cut()));
    throw error;
  }
  return {
    async close() {
      for (const { listener } of doors) listener.stop();
      const hurry = runtime.deadline(entry.drain);
      const drained = doors.map(({ drain }) => drain(hurry.signal));
      await open
        .close?.(hurry.signal)
        .catch((error: unknown) => runtime.log.warn("an endpoint did not end well", { endpoint: entry.name, error }));
      await Promise.all(drained);
      hurry.clear();
      ending.abort(new Error("the endpoint was closed"));
      await Promise.all(doors.map(({ listener }) => listener.cut()));
    },
  };
}

interface Door extends Pick<HttpEndpoint, "drain"> {
  readonly listener: Listener;
}
type OnDoor = (door: Door) => void;

async function contextOf(
  { entry, runtime, answers, turned }: EntryParts,
  signal: AbortSignal,
  onDoor: OnDoor,
): Promise<EndpointContext> {
  const options = await materialize(entry.options, { runtime, signal });
  const ctx = createContext({ runtime, options, signal });
  const at = bare(entry.listen);
  const onRefused = turned.count;
  let isListening = false;

  async function listenWith(
    make: Pick<ListenerOptions, "onConnection">,
    drain: Door["drain"] = nobody,
  ): Promise<ListeningAt> {
    if (isListening) throw invalid(`${entry.type} listens twice`, "a fault of the plugin");
    isListening = true;
    const listener = await openListener({ where: await placeOf(entry), onRefused, ...make });
    onDoor({ listener, drain });
    return listener.at;
  }
  function answersOf(rotation: string | undefined): Answers {
    const name = rotation ?? (entry.rotations.length === 1 ? entry.rotations[0] : undefined);
    const found = name === undefined ? undefined : answers.get(name);
    if (found !== undefined && name !== undefined && entry.rotations.includes(name)) return found;
    throw new RotateError(`${entry.where} serves no rotation ${rotation ?? ""}`.trimEnd(), notServed);
  }
  function resolve(ref: Parameters<EndpointContext["resolve"]>[0], credential?: EndpointCredential) {
    const scope = credential && scopeOf(credential);
    return createContext({ runtime, options, signal, ...(scope && { scope }) }).resolve(ref);
  }
  return {
    ...ctx,
    entry: entry.name,
    rotations: entry.rotations,
    current: async (question = {}) => answersOf(question.rotation).current(question),
    changed: (known, until) =>
      answersOf(known.rotation).changed(known, until ? AbortSignal.any([until, signal]) : signal),
    held: (lease) => answersOf(undefined).hold(lease),
    resolve,
    optionsWith: (credential) => materialize(entry.options, { runtime, signal, scope: scopeOf(credential) }),
    listen(handler) {
      const http = createHttpEndpoint({ at: () => at, handler, runtime, onRefused });
      return listenWith({ onConnection: http.take }, http.drain);
    },
    accept: (take) => listenWith({ onConnection: (connection) => take(leanSocket(connection)) }),
    refusal: turned.count,
  };
}

async function nobody(): Promise<void> {}

const notServed = {
  code: "NOT_FOUND",
  retryable: false,
  hint: "ask for one that the entry names in `rotation`",
} as const;

/** Names looked up. */
async function placeOf({ listen, uids, name }: EndpointEntry): Promise<SocketPlace | PortPlace> {
  if ("socket" in listen) {
    const { socket, ...asked } = listen;
    const { mode = 0o600, uid, gid } = await askedAccess(asked);
    return { socket, mode, uid, gid };
  }
  if (uids === undefined) return listen;
  if (process.platform !== "linux")
    throw invalid(`serve.${name}: \`uids\` works on Linux only`, "listen on a socket, whose mode says who may ask");
  const ids = await Promise.all(uids.map((owner) => askedAccess({ owner })));
  return { ...listen, uids: ids.flatMap(({ uid }) => uid ?? []) };
}
