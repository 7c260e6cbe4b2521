/** A small world on disk, shared by all processes that are given its directory: an issuer with a ledger, files as sinks, a consumer that reads them when it is reloaded. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  defineProbe,
  defineProvider,
  defineReload,
  defineSink,
  RotateError,
  type ErrorCode,
  type Probe,
  type Provider,
  type Reload,
  type Sink,
} from "@rotate/plugin-kit";

/** ms */
export const minute = 60_000;
export const hour = 60 * minute;

/** One lease as the issuer knows it. */
export interface Issued {
  readonly value: string;
  readonly leaseId: string;
  readonly expiresAt: number;
}

/** Called at each step of the outside (`mint`, `commit a`, …); throws or kills to make it fail. */
export type Hook = (step: string) => void | Promise<void>;

export interface DiskWorld {
  readonly directory: string;
  readonly now: () => number;
  readonly hook: Hook;
  /** Life of a lease, ms. */
  readonly life: number;
}

const empty = { type: "object" } as const;
const handle = { type: "object", properties: { value: { type: "string" } }, required: ["value"] } as const;

/** An error as plugins throw it. */
export function failing(code: ErrorCode, { retryable = true } = {}): RotateError {
  return new RotateError(`it is ${code.toLowerCase()}`, { code, retryable, hint: "look at it" });
}

function lines(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}

/** What the issuer gave, oldest first. */
export function issuedIn(directory: string): readonly Issued[] {
  return lines(join(directory, "issued")).map((line) => JSON.parse(line) as Issued);
}

/** The values that were revoked, in order. */
export function revokedIn(directory: string): readonly string[] {
  return lines(join(directory, "revoked"));
}

/** What a sink holds: its text, or undefined. */
export function heldIn(directory: string, sink: string): string | undefined {
  const path = join(directory, sink);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** What consumers read at their reloads, oldest first: `app value-1`. */
export function reloadsIn(directory: string): readonly string[] {
  return lines(join(directory, "reloads"));
}

/** An issuer whose leases are numbered. It revokes, finds, and may be told to answer the same again. */
export function issuerIn(world: DiskWorld): Provider {
  const { directory, now, hook } = world;
  return defineProvider({
    type: "test-issuer",
    options: empty,
    request: { type: "object", properties: { same: { type: "boolean" } } },
    fields: { token: { secret: true, description: "the value" } },
    handle,
    check: async () => hook("check"),
    async mint({ same }, ctx) {
      await hook("mint");
      const before = issuedIn(directory);
      const last = before.at(-1);
      const issued =
        same && last
          ? last
          : {
              value: `value-${before.length + 1}-${"s".repeat(20)}`,
              leaseId: ctx.leaseId,
              expiresAt: now() + world.life,
            };
      if (issued !== last) appendFileSync(join(directory, "issued"), `${JSON.stringify(issued)}\n`);
      await hook("minted");
      return {
        fields: { token: ctx.secret(issued.value, "token") },
        expires: new Date(issued.expiresAt),
        handle: { value: issued.value.slice(0, 9) },
      };
    },
    async revoke(lease) {
      await hook("revoke");
      appendFileSync(join(directory, "revoked"), `${lease.handle.value.split("-s")[0]}\n`);
      await hook("revoked");
    },
  });
}

/** A file as sink. */
export function placeIn({ directory, hook }: DiskWorld, name: string): Sink {
  const path = join(directory, name);
  return defineSink({
    type: "test-place",
    options: empty,
    keys: { pattern: ".*", description: "any" },
    target: () => path,
    check: async () => hook(`check ${name}`),
    async prepare(values) {
      await hook(`prepare ${name}`);
      const before = heldIn(directory, name);
      const after = values["key"]!.reveal();
      return {
        changed: before !== after,
        async commit() {
          await hook(`commit ${name}`);
          writeFileSync(path, after);
          await hook(`committed ${name}`);
        },
        async undo() {
          if (heldIn(directory, name) === before) return;
          await hook(`undo ${name}`);
          if (before === undefined) rmSync(path);
          else writeFileSync(path, before);
        },
      };
    },
    async read(_keys, { secret }) {
      await hook(`read ${name}`);
      const text = heldIn(directory, name);
      return text === undefined ? {} : { key: secret(text, name) };
    },
  });
}

/** Restarts a consumer, which then reads the sinks. */
export function reloadIn(
  { directory, hook }: DiskWorld,
  {
    name,
    reads,
    adopts = true,
  }: { readonly name: string; readonly reads: readonly string[]; readonly adopts?: boolean },
): Reload {
  return defineReload({
    type: "test-reload",
    options: empty,
    adopts: () => adopts,
    async run(event) {
      await hook(`reload ${name}`);
      const values = reads.map((sink) => heldIn(directory, sink)?.split("-s")[0] ?? "nothing");
      appendFileSync(join(directory, "reloads"), `${name} ${event.reason} ${event.rotation} ${values.join("+")}\n`);
      await hook(`reloaded ${name}`);
    },
  });
}

/** A probe that only asks the hook. */
export function probeIn({ hook }: DiskWorld, name: string): Probe {
  return defineProbe({ type: "test-probe", options: empty, run: async () => hook(name) });
}
