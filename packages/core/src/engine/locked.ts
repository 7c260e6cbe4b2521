import { EngineError } from "../engine-error.ts";
import type { Rotation } from "../loading/model.ts";
import { openSession, type RotationDeps, type Session } from "../rotation/session.ts";

/** Does `work` under the rotation's lock, in a session of its own. Throws EngineError `ROTATE_LOCKED` when another process is at work. */
export async function withSession<T>(
  { rotation, deps }: { readonly rotation: Rotation; readonly deps: RotationDeps },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const lock = await deps.store.tryLock(rotation.name);
  if (!lock) throw locked(rotation.name);
  try {
    return await work(await openSession({ rotation, deps, lock, signal: new AbortController().signal }));
  } finally {
    lock.release();
  }
}

/** Another process is at work on the rotation. */
export function locked(name: string): EngineError {
  return new EngineError(`another process is at work on ${name}`, {
    code: "ROTATE_LOCKED",
    exitCode: 5,
    hint: "try again when it has finished",
  });
}
