/** The plugin parts of the world: a provider, sinks, a reload and a probe that do to the world what the real ones do to theirs. */
import {
  definePlugin,
  defineProbe,
  defineProvider,
  defineReload,
  defineSink,
  RotateError,
  type Plugin,
  type Provider,
  type Sink,
} from "@rotate/plugin-kit";
import {
  consumerReads,
  goesWell,
  issue,
  lives,
  say,
  setSink,
  turn,
  violate,
  type Issued,
  type WorldWith,
} from "./world.ts";

const empty = { type: "object" } as const;

function lost(message: string): RotateError {
  return new RotateError(message, { code: "TIMEOUT", retryable: true, hint: "" });
}
function refused(message: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: true, hint: "" });
}

/** The part's life is the process's: a dead process does nothing any more. */
export function partsOf(
  world: WorldWith,
  alive: () => void,
): { readonly plugin: Plugin; readonly sinks: readonly Sink[]; readonly provider: Provider } {
  const provider = providerOf(world, alive);
  const sinks = world.sinks.map((_, index) => sinkOf(world, index, alive));
  const reload = defineReload({
    type: "world",
    options: empty,
    adopts: () => true,
    async run() {
      alive();
      world.reloads++;
      if (!goesWell(world, "the reload")) throw refused("no");
      if (new Set(world.sinks.map(({ value }) => value)).size > 1 && !world.handEdited)
        violate("P1 a consumer is reloaded on a mixed set");
      consumerReads(world, "reload");
      await turn(world, "after the reload");
    },
  });
  const probe = defineProbe({
    type: "world",
    options: empty,
    async run() {
      alive();
      if (!goesWell(world, "the probe")) throw refused("ill");
    },
  });
  return {
    plugin: definePlugin({ providers: [provider], sinks, reloads: [reload], probes: [probe] }),
    sinks,
    provider,
  };
}

function providerOf(world: WorldWith, alive: () => void): Provider {
  const fields = { token: { secret: true, description: "the value" } } as const;
  const terms = (issued: Issued) => ({
    expires: new Date(issued.expiresAt + world.clockOffset),
    handle: { id: issued.id },
  });
  const { revoke, find, overlap } = world.shape;
  return defineProvider({
    type: "world",
    options: empty,
    fields,
    handle: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
    ...(!overlap && { overlap: false as const }),
    async mint(_request, ctx) {
      alive();
      const issued = await mint(world, ctx.leaseId);
      await turn(world, "after the mint");
      return { fields: { token: ctx.secret(issued.value) }, ...terms(issued) };
    },
    ...(revoke && {
      async revoke(lease: { readonly handle: { readonly id: number } }) {
        alive();
        revokeIssued(world, lease.handle.id);
      },
    }),
    ...(find && {
      async find(leaseId: string) {
        alive();
        const issued = world.issued.find(({ attempt }) => attempt === leaseId);
        return issued && lives(world, issued) ? terms(issued) : undefined;
      },
    }),
  });
}

async function mint(world: WorldWith, attempt: string): Promise<Issued> {
  const choice = world.quiet ? 0 : world.choices.pick(world.shape.sameValue ? 4 : 3, "mint");
  if (choice === 1) {
    say(world, "the mint is refused");
    throw refused("denied");
  }
  if (choice === 2) {
    say(world, `the answer with ${issue(world, attempt).value} is lost`);
    throw lost("no answer");
  }
  const cached =
    choice === 3
      ? world.issued.findLast(
          (issued) => lives(world, issued) && world.sinks.some(({ value }) => value === issued.value),
        )
      : undefined;
  if (!world.shape.overlap && !cached) for (const issued of world.issued) issued.revoked = true;
  const issued = cached ?? issue(world, attempt);
  say(world, `${cached ? "the same value again" : "minted"}: ${issued.value}`);
  return issued;
}

function revokeIssued(world: WorldWith, id: number): void {
  if (!goesWell(world, `the revocation of value-${id}`)) throw refused("no");
  const issued = world.issued[id - 1]!;
  if (lives(world, issued)) {
    if (world.sinks.some(({ value }) => value === issued.value)) violate("P1 revoked while a sink holds it");
    if (world.consumer.includes(issued.value)) violate("P1 revoked while the consumer holds it");
  }
  issued.revoked = true;
  say(world, `revoked ${issued.value}`);
}

function sinkOf(world: WorldWith, index: number, alive: () => void): Sink {
  const sink = world.sinks[index]!;
  const readable = sink.kind !== "blind";
  return defineSink({
    type: `world-${sink.kind}`,
    options: empty,
    keys: { pattern: ".*", description: "any" },
    target: () => `sink ${index}`,
    async prepare(values, ctx) {
      alive();
      if (!goesWell(world, `prepare ${index}`)) throw refused("no");
      const before = { value: sink.value, version: sink.version };
      const after = values["key"]!.reveal();
      let wrote = false;
      return {
        changed: !readable || before.value !== after,
        async commit() {
          alive();
          if (readable && sink.version !== before.version)
            throw new RotateError("changed", { code: "CONFLICT", retryable: true });
          write(world, index, after, { version: before.version, why: "commit" });
          wrote = true;
          await turn(world, `after the write to ${index}`);
        },
        ...(readable && {
          async undo() {
            alive();
            if (!wrote && sink.value === before.value) return;
            if (sink.value !== after)
              throw new RotateError("changed by somebody else", { code: "CONFLICT", retryable: false });
            write(world, index, before.value, { version: sink.version, why: "undo" });
            void ctx;
          },
        }),
      };
    },
    ...(readable && {
      async read(_keys: readonly string[], ctx: { secret: (text: string) => import("@rotate/plugin-kit").Secret }) {
        alive();
        if (sink.kind === "remote" && !goesWell(world, `read ${index}`)) throw lost("no answer");
        return sink.value === "" ? {} : { key: ctx.secret(sink.value) };
      },
    }),
    ...(sink.kind === "remote" && {
      async fence() {
        alive();
        if (!goesWell(world, `fence ${index}`)) throw lost("no answer");
        sink.version++;
        say(world, `fenced sink ${index}`);
      },
    }),
  });
}

/** Well, refused, done but the answer lost, or still on its way. A file is written by a helper that may outlive its process. */
function write(
  world: WorldWith,
  index: number,
  value: string,
  { version, why }: { readonly version: number; readonly why: string },
): void {
  const sink = world.sinks[index]!;
  const choice = world.quiet ? 0 : world.choices.pick(sink.kind === "file" ? 2 : 4, `${why} ${index}`);
  if (choice === 0) return setSink(world, index, value, why);
  if (choice === 1) {
    say(world, `${why} ${index} is refused`);
    throw refused("no");
  }
  if (choice === 2) setSink(world, index, value, `${why} (the answer is lost)`);
  else {
    world.inFlight.push({ sink: index, value, version, helper: false });
    say(world, `${why} ${index}: ${value} is still on its way`);
  }
  throw lost("no answer");
}
