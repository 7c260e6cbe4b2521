/** The sinks of the world: files, remote ones whose answers get lost, and blind ones. */
import { defineSink, RotateError, type Secret, type Sink, reversible } from "@rotate/plugin-kit";
import { go, lost, refused } from "./issuer.ts";
import { hesitate, turn } from "./turns.ts";
import { die, fault, isReadable, lateWrites, longestStop, say, setSink, type SinkKind, type World } from "./world.ts";

export function sinkPart(world: World, index: number): Sink {
  const { kind } = world.sinks[index]!;
  return defineSink({
    type: `world-${kind}`,
    options: { type: "object" },
    keys: { pattern: ".*", description: "any" },
    target: () => `sink ${index}`,
    prepare: async (values) => prepare(world, index, values["key"]!.reveal()),
    ...(isLate(kind) && { lateWrites }),
    ...(isReadable(kind) && {
      read: async (_keys: readonly string[], { secret }: { readonly secret: (text: string) => Secret }) =>
        read(world, index, secret),
    }),
    ...(kind === "remote" && { fence: async () => fence(world, index) }),
  });
}

function isLate(kind: SinkKind): boolean {
  return kind === "late" || kind === "late-blind";
}

function prepare(world: World, index: number, after: string) {
  go(world, `prepare ${index}`);
  const sink = world.sinks[index]!;
  const readable = isReadable(sink.kind);
  const before = { value: sink.value, version: sink.version };
  async function commit(): Promise<void> {
    hesitate(world);
    if (readable && sink.version !== before.version)
      throw new RotateError("changed", { code: "CONFLICT", retryable: true });
    write(world, index, { value: after, version: before.version, why: "commit" });
    await turn(world, "after the write");
    sink.unsynced = undefined;
  }
  async function undo(): Promise<void> {
    hesitate(world);
    if (sink.value === before.value) return;
    if (sink.value !== after) throw new RotateError("changed by somebody else", { code: "CONFLICT", retryable: false });
    write(world, index, { value: before.value, version: sink.version, why: "undo" });
    await turn(world, "after the undo");
    sink.unsynced = undefined;
  }
  const changed = !readable || before.value !== after;
  return readable ? { changed, ...reversible({ commit, undo }) } : { changed, commit };
}

function read(world: World, index: number, secret: (text: string) => Secret): Record<string, Secret> {
  const { kind, value } = world.sinks[index]!;
  const dark = world.time < world.blackoutUntil && !world.quiet;
  if (kind !== "file" && dark) throw lost("no answer");
  if (kind !== "file") go(world, `read ${index}`);
  return value === "" ? {} : { key: secret(value) };
}

function fence(world: World, index: number): void {
  go(world, `fence ${index}`);
  world.sinks[index]!.version++;
  say(world, `fenced sink ${index}`);
}

interface Write {
  readonly value: string;
  readonly version: number;
  readonly why: "commit" | "undo";
}

const faults = { file: ["is refused"], remote: ["is refused", "answer lost", "late", "late, and killed"] } as const;
/** Of a machine that is only stopped the write comes later, whatever stands there by then. */
const stopped = "stopped in its midst";

/** Well, refused, done with the answer lost, or still on its way, maybe from a process that was killed meanwhile. */
function write(world: World, index: number, { value, version, why }: Write): void {
  const { kind } = world.sinks[index]!;
  const kinds = faults[kind === "file" ? "file" : "remote"];
  const isUnfenced = world.shape.rich.fleet === true && (kind === "file" || kind === "blind");
  const name = fault(world, `${why} ${index}`, isUnfenced ? [...kinds, stopped] : kinds);
  if (name === undefined) {
    if (kind === "file") world.sinks[index]!.unsynced ??= { value: world.sinks[index]!.value, at: world.time };
    return setSink(world, index, { value, why });
  }
  say(world, `${why} ${index}: ${name}`);
  if (name === "is refused") throw refused("no");
  if (name === stopped) {
    world.late.push({ sink: index, value, version: undefined, until: world.time + longestStop });
    die(world, "another machine takes over from one that stands still");
  }
  if (name.startsWith("late"))
    world.late.push(
      isLate(kind)
        ? { sink: index, value, version: undefined, until: world.time + lateWrites }
        : { sink: index, value, version, until: Infinity },
    );
  else setSink(world, index, { value, why });
  if (name === "late, and killed") die(world, "killed while a write is under way");
  throw lost("no answer");
}
