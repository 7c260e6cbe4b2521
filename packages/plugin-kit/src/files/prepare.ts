import type { Prepared } from "../sink.ts";
import type { AskedAccess } from "./access.ts";
import { type Directory, inDirectory, makeDirectories, removeDirectories } from "./directory.ts";
import { conflict, durabilityUnknown } from "./fault.ts";
import type { AccessOptions, FileTools } from "./options.ts";
import type { Outcome } from "./publish.ts";
import type { Place } from "./target.ts";

/** How often a target may change under our hands before we give up. */
const attempts = 5;

/** How changes to a kind of target are worked out, made, and dropped when they were not made. */
export interface Kind<Change> {
  readonly path: string;
  /** Does all but the change itself. Throws a RotateError, and leaves nothing behind. */
  readonly workOut: (directory: Directory) => Promise<Change>;
  readonly apply: (directory: Directory, change: Change) => Outcome | Promise<Outcome>;
  readonly drop: (directory: Directory, change: Change) => Promise<void>;
}

/** A target to be written. */
export interface Target<Change> extends Kind<Change> {
  readonly place: Place;
  readonly options: Pick<Partial<AccessOptions>, "directory">;
  readonly asked: AskedAccess;
  readonly tools: FileTools;
  /** False: there is nothing to do. */
  readonly isChange: (change: Change) => boolean;
  /** True: before this change the target did not exist. */
  readonly isFirst: (change: Change) => boolean;
  /** Undoes a change that was begun. Throws CONFLICT when somebody else changed the target since. */
  readonly takeBack: (directory: Directory, change: Change) => Promise<void>;
  /** Tidies up behind a change that is on the disk. Throws nothing. */
  readonly tidy?: (directory: Directory, change: Change) => Promise<void>;
  /** Removes what earlier processes, or earlier tries of this one, staged under our mark. Throws nothing but for the directory itself. */
  readonly sweep: (directory: Directory) => Promise<void>;
}

/** Works a change out, and gives the engine its commit and its undo. */
export async function prepareTarget<Change>(target: Target<Change>): Promise<Prepared> {
  const made = await makeParents(target);
  const first = await prepareIn(target).catch(async (error: unknown) => {
    await removeDirectories(made);
    throw error;
  });
  let begun: Change | undefined;
  const kind: Kind<Change> = {
    ...target,
    apply(directory, change) {
      if (target.isChange(change)) begun = change;
      return target.apply(directory, change);
    },
  };
  return {
    changed: target.isChange(first),
    commit: () => commitOrDrop({ target, kind, first }),
    undo: async () => {
      await inDirectory(target.place.parent, (directory) => undoIn(directory, { target, first, begun }));
      if (begun === undefined || target.isFirst(begun)) await removeDirectories(made);
    },
  };
}

async function makeParents<Change>({ place, options, asked }: Target<Change>): Promise<readonly string[]> {
  if (options.directory?.create !== true) return [];
  return makeDirectories(place.parent, { ...asked, mode: Number.parseInt(options.directory.mode, 8) });
}

function prepareIn<Change>({ place, sweep, workOut }: Target<Change>): Promise<Change> {
  return inDirectory(place.parent, async (directory) => {
    await sweep(directory);
    return workOut(directory);
  });
}

interface Committing<Change> {
  readonly target: Target<Change>;
  readonly kind: Kind<Change>;
  readonly first: Change;
}

/** A commit that fails is tried again from the beginning, so what it had staged is in nobody's hands any more. */
async function commitOrDrop<Change>(committing: Committing<Change>): Promise<void> {
  const { target, kind, first } = committing;
  const { parent } = target.place;
  try {
    await inDirectory(parent, (directory) => commitIn(directory, committing));
  } catch (error) {
    await inDirectory(parent, (directory) => kind.drop(directory, first)).catch(() => undefined); // swept by the next try; the first error says more
    throw error;
  }
}

async function commitIn<Change>(directory: Directory, { target, kind, first }: Committing<Change>): Promise<void> {
  const done = await untilDone(directory, kind, first);
  await syncOrDoubt(directory, target);
  await target.tidy?.(directory, done);
}

interface Undoing<Change> {
  readonly target: Target<Change>;
  readonly first: Change;
  readonly begun: Change | undefined;
}

async function undoIn<Change>(directory: Directory, { target, first, begun }: Undoing<Change>): Promise<void> {
  if (begun === undefined) await target.drop(directory, first);
  else {
    await target.takeBack(directory, begun);
    await syncOrDoubt(directory, target);
  }
  await target.sweep(directory);
}

async function syncOrDoubt({ sync }: Directory, { path }: { readonly path: string }): Promise<void> {
  await sync().catch((error: unknown) => {
    throw durabilityUnknown(path, error);
  });
}

/**
 * Makes a change; if somebody else changed the target since it was worked out, works it out again on what they left. Resolves to what was done.
 * Throws CONFLICT when they do not stop, UNAVAILABLE when the outcome is unknown, and anything else when nothing was changed.
 */
export async function untilDone<Change>(directory: Directory, kind: Kind<Change>, first?: Change): Promise<Change> {
  let change = first ?? (await kind.workOut(directory));
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if ((await applyOrDrop(directory, kind, change)) === "done") return change;
    change = await kind.workOut(directory);
  }
  await kind.drop(directory, change);
  throw conflict(`${kind.path} was changed by somebody else ${attempts} times while it was being written`);
}

async function applyOrDrop<Change>(directory: Directory, kind: Kind<Change>, change: Change): Promise<Outcome> {
  let outcome: Outcome = "stale";
  try {
    outcome = await kind.apply(directory, change);
    return outcome;
  } finally {
    if (outcome === "stale") await kind.drop(directory, change);
  }
}
