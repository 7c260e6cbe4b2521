import type { Fields } from "@rotate/plugin-kit";
import { EngineError } from "../engine-error.ts";
import { environmentOf } from "../credential/environment.ts";
import type { KeptCredential } from "../credential/cache.ts";
import { currentLease, findFields, hasAll } from "../credential/find.ts";
import { createHandoff } from "../credential/handoff.ts";
import { instant } from "../rotation/describe.ts";
import { rotate } from "../rotation/rotate.ts";
import type { RotationDeps } from "../rotation/session.ts";
import type { Rotation } from "../loading/model.ts";
import type { LeaseState } from "../store/state.ts";
import type { Lock } from "../store/store.ts";
import { locked } from "./locked.ts";
import { needsWork, timeOf } from "./quick-look.ts";
import { stamped } from "./stamped.ts";

export interface CredentialOptions {
  /** Which of the declared fields are wanted; what it throws ends the call before anything is done. Default, and when it gives undefined: all that are not optional. */
  readonly needed?: (declared: Fields) => readonly string[] | undefined;
  /** Milliseconds that it should still live: with less it is rotated, but never before half of its life is over. */
  readonly minRemaining?: number;
  /** Milliseconds to wait for another process. Default 60,000. */
  readonly lockTimeout?: number;
  readonly signal?: AbortSignal;
}

/** The current credential, in the clear: for whoever asked, and for nobody else. */
export interface CurrentCredential {
  readonly name: string;
  readonly declared: Fields;
  /** May lack fields that were not needed. */
  readonly fields: Readonly<Record<string, string>>;
  /** What its `env` sinks make of it; absent without one, or when fields are missing for it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly issuedAt: string;
  /** RFC 3339; absent: it never expires by itself. */
  readonly expiresAt?: string;
}

interface Asked {
  readonly rotation: Rotation;
  readonly deps: RotationDeps;
  readonly directory: string;
}

/**
 * The credential that consumers are to use now: rotated first when it is due, then read from memory, the cache or a sink that holds it, else minted anew,
 * once for all who wait. Its lease is pinned: what was given out is never revoked early.
 * Throws EngineError `ROTATE_LOCKED`, `ROTATE_CREDENTIAL_UNREADABLE`, or with the code of the phase that failed.
 */
export async function currentCredential(asked: Asked, options: CredentialOptions): Promise<CurrentCredential> {
  const { rotation, deps, directory } = asked;
  const required = requiredOf(rotation);
  const needed = options.needed?.(rotation.fields)?.filter((name) => required.includes(name)) ?? required;
  const handoff = createHandoff(directory, rotation.name);
  const { lockTimeout = 60_000 } = options;
  const until = deps.runtime.monotonic() + lockTimeout;
  const signal = options.signal ?? new AbortController().signal;
  for (let told = false; ; told = true) {
    const lock = await deps.store.tryLock(rotation.name);
    if (lock) return underLock({ ...asked, lock, signal, needed }, options, handoff);
    if (!told) deps.onEvent({ type: "waiting-for-lock", rotation: rotation.name });
    const received = await handoff.receive(AbortSignal.any([signal, AbortSignal.timeout(lockTimeout)]));
    if (received && hasAll(received.fields, needed)) return describe(received, asked);
    if (deps.runtime.monotonic() > until || signal.aborted) throw locked(rotation.name);
    await deps.runtime.sleep(50, signal).catch(() => undefined);
  }
}

interface Held extends Asked {
  readonly lock: Lock;
  readonly signal: AbortSignal;
  readonly needed: readonly string[];
}

async function underLock(
  held: Held,
  options: CredentialOptions,
  { open }: ReturnType<typeof createHandoff>,
): Promise<CurrentCredential> {
  const counter = await open();
  let kept: KeptCredential | undefined;
  try {
    kept = await produce(held, options);
  } finally {
    await counter.close(kept);
    held.lock.release();
  }
  return describe(kept, held);
}

/** The current values, pinned. */
async function produce(held: Held, options: CredentialOptions): Promise<KeptCredential> {
  if (await isWanted(held, options)) await rotateOnce(held, await isTooShort(held, options));
  const found = await findCurrent(held);
  if (found !== undefined) return pin(found, held);
  await refuseMint(held);
  await rotateOnce(held, true);
  const minted = await findCurrent(held);
  if (minted !== undefined) return pin(minted, held);
  await refuseMint(held);
  throw unreadable(held.rotation);
}

/** A question is no reason to ask again an issuer that just failed, nor to reload consumers. */
async function refuseMint({ rotation, deps }: Held): Promise<void> {
  const state = await deps.store.load(rotation.name);
  const { failure } = state;
  if (failure !== undefined && failure.notBefore > timeOf(deps, state)) {
    throw new EngineError(`there is no credential of ${rotation.name} to give: ${failure.message}`, {
      code: failure.code,
      exitCode: 1,
      ...(failure.hint !== undefined && { hint: failure.hint }),
    });
  }
  if (rotation.reloads.length > 0) throw unreadable(rotation);
}

function requiredOf({ fields }: Rotation): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.optional !== true);
}

async function isWanted(held: Held, options: CredentialOptions): Promise<boolean> {
  return (await needsWork(held, { force: false, cadence: undefined })) || isTooShort(held, options);
}

/** Less is left than was asked for. A failure's backoff is not skipped for it. */
async function isTooShort({ rotation, deps }: Held, { minRemaining = 0 }: CredentialOptions): Promise<boolean> {
  const state = await deps.store.load(rotation.name);
  const lease = currentLease(state);
  if (lease === undefined || lease.expiresAt === null) return false;
  const now = timeOf(deps, state);
  const wanted = Math.min(minRemaining, (lease.expiresAt - lease.issuedAt) / 2);
  return lease.expiresAt - now < wanted && (state.failure?.notBefore ?? 0) <= now;
}

async function rotateOnce({ rotation, deps, lock, signal }: Held, force: boolean): Promise<void> {
  const { gate, onEvent } = deps;
  gate.expect(
    rotation.name,
    rotation.reloads.flatMap(({ name }) => name ?? []),
  );
  try {
    const report = await rotate({ rotation, deps, lock }, { force, cadence: undefined, signal });
    onEvent({ type: "rotation-finished", rotation: rotation.name, report });
  } finally {
    gate.leave(rotation.name);
  }
}

interface Found {
  readonly lease: LeaseState;
  readonly fields: KeptCredential["fields"];
}

/** Undefined when it is over, or nobody here knows its values. */
async function findCurrent({ rotation, deps, needed }: Held): Promise<Found | undefined> {
  const state = await deps.store.load(rotation.name);
  const lease = currentLease(state);
  if (lease === undefined || (lease.expiresAt ?? Infinity) <= timeOf(deps, state)) return undefined;
  const fields = await findFields(lease, needed, { rotation, deps });
  return fields && { lease, fields };
}

async function pin({ lease, fields }: Found, { rotation, deps }: Held): Promise<KeptCredential> {
  if (lease.pinned !== true) {
    const journal = await stamped(rotation.name, deps);
    await journal({ type: "pinned", lease: lease.id });
  }
  return { lease: lease.id, fields };
}

async function describe(
  { lease: id, fields }: KeptCredential,
  { rotation, deps }: Pick<Asked, "rotation" | "deps">,
): Promise<CurrentCredential> {
  const lease = (await deps.store.load(rotation.name)).leases[id];
  if (lease === undefined) throw unreadable(rotation);
  for (const [name, text] of Object.entries(fields)) {
    if (rotation.fields[name]?.secret !== false) deps.runtime.masker.secret(text, name);
  }
  const issuedAt = instant(lease.issuedAt);
  const ends = lease.expiresAt === null ? {} : { expiresAt: instant(lease.expiresAt) };
  const scope = { fields, lease: { issuedAt, expiresAt: ends.expiresAt ?? "never" } };
  const environment = hasAll(fields, requiredOf(rotation)) ? environmentOf(rotation, scope) : undefined;
  return {
    name: rotation.name,
    declared: rotation.fields,
    fields,
    issuedAt,
    ...ends,
    ...(environment && { environment }),
  };
}

function unreadable({ name }: Rotation): EngineError {
  return new EngineError(`the current credential of ${name} cannot be read: no sink holds its fields as they are`, {
    code: "ROTATE_CREDENTIAL_UNREADABLE",
    exitCode: 1,
    hint: 'add `cache: true` to the rotation, or a sink with the bare fields, such as { TOKEN: "{{ token }}" }; then `rotate run --force` once',
  });
}
