/** The verbs of docs/plugin-protocol.md, over a plugin that is in this process. */
import { randomUUID } from "node:crypto";
import {
  RotateError,
  Secret,
  type Fields,
  type FileEditing,
  type Lease,
  type LocalPlace,
  type Plugin,
  type Prepared,
  type LoggedIn,
  type Values,
} from "@rotate/plugin-kit";
import type { Frame } from "./channel.ts";
import type { HostContext } from "./context.ts";
import { isRecord, packed, plain } from "./wire.ts";

type Part = Readonly<Record<string, unknown>>;
/** Answers one verb. */
export type Verb = (part: Part, frame: Frame, ctx: HostContext) => Promise<unknown>;

/** Calls a method of a part: the engine asks only for those that it was told of. */
async function on(part: Part, method: string, ...args: readonly unknown[]): Promise<unknown> {
  return (part[method] as (...all: readonly unknown[]) => unknown).apply(part, [...args]);
}

function leaseOf(sent: unknown): Lease {
  const { id, issuedAt, expiresAt, handle } = sent as Readonly<Record<string, string>>;
  return {
    id: id!,
    issuedAt: new Date(issuedAt!),
    expiresAt: expiresAt === "never" ? "never" : new Date(expiresAt!),
    handle,
  };
}

/** Texts by name as Secrets; with `fields`, only those that are. */
function secretsOf(sent: unknown, fields?: Fields): Readonly<Record<string, Secret | string>> {
  const entries = Object.entries(isRecord(sent) ? (sent as Readonly<Record<string, string>>) : {});
  return Object.fromEntries(
    entries.map(([key, text]) => [key, fields?.[key]?.secret === false ? text : new Secret(text, key)]),
  );
}

/** What is kept is read by this plugin alone; the engine reads when it ends. */
function loginAnswer(login: unknown): unknown {
  const { expires, bootstrapExpires } = isRecord(login) ? login : {};
  return { kept: packed(login), ...(plain({ expires, bootstrapExpires }) as Frame) };
}

/** What is answered by being done. */
function done(verb: Verb): Verb {
  return async (part, frame, ctx) => void (await verb(part, frame, ctx));
}

function lost(): RotateError {
  return new RotateError("what was prepared is lost: the plugin's process ended meanwhile", {
    code: "UNAVAILABLE",
    retryable: true,
    noEffect: true,
    hint: "it is prepared again",
  });
}

/** What sinks have prepared: it lives here until it is released. */
export function createVerbs(): {
  readonly verbs: Readonly<Record<string, Verb>>;
  readonly release: (token: unknown) => void;
} {
  const prepared = new Map<unknown, Prepared<LoggedIn>>();
  const verbs: Readonly<Record<string, Verb>> = {
    login: async (part, _, ctx) => loginAnswer(await on(part, "login", ctx)),
    keepAlive: async (part, _, ctx) => loginAnswer(await on(part, "keepAlive", ctx)),
    check: done(async (part, frame, ctx) => {
      if ("mint" in part) return on(part, "check", ctx, ctx.request);
      if (!("prepare" in part)) return on(part, "check", ctx, frame["planned"]);
      const { keys, every, ours, samples } = frame;
      return on(part, "check", {
        ...ctx,
        keys,
        every,
        ours,
        ...(isRecord(samples) && { samples: secretsOf(samples) }),
      });
    }),
    mint: (part, _, ctx) => on(part, "mint", ctx.request, ctx),
    renew: (part, frame, ctx) => on(part, "renew", leaseOf(frame["lease"]), ctx),
    find: (part, frame, ctx) => on(part, "find", frame["leaseId"], ctx),
    lives: (part, frame, ctx) => on(part, "lives", leaseOf(frame["lease"]), ctx),
    revoke: done((part, frame, ctx) => on(part, "revoke", leaseOf(frame["lease"]), ctx)),
    revokeValue: done((part, frame, ctx) =>
      on(part, "revokeValue", secretsOf(frame["fields"], part["fields"] as Fields), ctx),
    ),
    async prepare(part, frame, ctx) {
      const { values, ours, mark } = frame;
      const ready = (await on(part, "prepare", secretsOf(values), { ...ctx, ours, mark })) as Prepared<LoggedIn>;
      const token = randomUUID();
      prepared.set(token, ready);
      return { changed: ready.changed, undo: ready.undo !== undefined, kept: token };
    },
    commit: done(async (_, frame, ctx) => {
      const ready = prepared.get(frame["kept"]);
      if (ready === undefined) throw lost();
      await ready.commit(ctx);
    }),
    async undo(_, frame, ctx) {
      const ready = prepared.get(frame["kept"]);
      if (ready === undefined) return "lost";
      await ready.undo?.(ctx);
      return undefined;
    },
    follows: async (part, _, ctx) =>
      ((await on(part, "follows", ctx)) as readonly LocalPlace[]).map(({ path }) => path),
    fence: done((part, _, ctx) => on(part, "fence", ctx)),
    async read(part, frame, ctx) {
      const { fileSink } = part as { readonly fileSink?: FileEditing };
      if (fileSink === undefined) return on(part, "read", frame["keys"], ctx);
      return fileSink.read?.(bytesOf(frame["content"]), frame["keys"] as readonly string[], ctx.options);
    },
    async edit(part, { before, values }, ctx) {
      const { edit } = part["fileSink"] as FileEditing;
      const after = edit(before === null ? undefined : bytesOf(before), secretsOf(values) as Values, ctx.options);
      return { after: Buffer.from(after as string).toString("base64") };
    },
    reload: done((part, frame, ctx) => on(part, "run", eventOf(frame["event"]), ctx)),
    probe: done((part, _, ctx) => on(part, "run", ctx)),
    notify: done((part, frame, ctx) => on(part, "send", frame["alarm"], ctx)),
  };
  return {
    verbs,
    release(token) {
      prepared.get(token)?.release?.();
      prepared.delete(token);
    },
  };
}

function bytesOf(base64: unknown): Buffer {
  return Buffer.from(String(base64), "base64");
}

function eventOf(sent: unknown): Frame {
  const event = sent as Readonly<Record<string, unknown>>;
  const { expiresAt } = event;
  return { ...event, expiresAt: expiresAt === "never" ? expiresAt : new Date(String(expiresAt)) };
}

/** The part that a call names: `providers/acme`. */
export function partOf(plugin: Plugin, path: unknown): Part | undefined {
  const [kind = "", type] = String(path).split("/");
  const parts = (plugin as unknown as Readonly<Record<string, readonly Part[]>>)[kind];
  return parts?.find((part) => part["type"] === type);
}
