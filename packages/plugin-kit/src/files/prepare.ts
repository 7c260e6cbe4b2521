import type { Prepared } from "../sink.ts";
import type { AskedAccess } from "./access.ts";
import { childPath, type Directory, inDirectory, makeDirectories, removeDirectories } from "./directory.ts";
import { conflict, durabilityUnknown } from "./fault.ts";
import type { AccessOptions, FileTools } from "./options.ts";
import { madeAt } from "./plain.ts";
import type { Place } from "./target.ts";

/** How often a target may change under our hands before we give up. */
const attempts = 5;

/** How a change to a target is worked out, made, and dropped when it was not made. */
export interface Steps<Change> {
  readonly path: string;
  /** Does all but the change itself. Throws a RotateError, and leaves nothing behind. */
  readonly workOut: (directory: Directory) => Promise<Change>;
  /** Makes the change. False: the target is not what it was, nothing was done, and the change is to be worked out again. */
  readonly apply: (directory: Directory, change: Change) => boolean | Promise<boolean>;
  readonly drop: (directory: Directory, change: Change) => Promise<void>;
}

/** A target to be written. */
export interface Target<Change> extends Steps<Change> {
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
  readonly sweep: (directory: Directory, how?: "anew") => Promise<void>;
}

/** Works a change out, and gives the engine its commit and its undo. */
export async function prepareTarget<Change>(target: Target<Change>): Promise<Prepared> {
  const { parent } = target.place;
  const made = await makeParents(target);
  const first = await prepareIn(target).catch(async (error: unknown) => {
    await removeDirectories(made);
    throw error;
  });
  let begun: Change | undefined;
  const steps: Steps<Change> = {
    ...target,
    apply(directory, change) {
      if (target.isChange(change)) begun = change;
      return target.apply(directory, change);
    },
  };

  async function commitIn(directory: Directory): Promise<void> {
    const done = await untilDone(directory, steps, first);
    await syncOrDoubt(directory, target);
    await target.tidy?.(directory, done);
  }

  async function undoIn(directory: Directory): Promise<void> {
    if (begun === undefined) await target.drop(directory, first);
    else {
      await target.takeBack(directory, begun);
      await syncOrDoubt(directory, target);
    }
    await target.sweep(directory, "anew");
  }

  return {
    changed: target.isChange(first),
    made: () => madeAt(childPath({ path: parent }, target.place.name)),
    // A commit that fails is tried again from the beginning, so what it had staged is in nobody's hands any more.
    commit: () =>
      inDirectory(parent, commitIn).catch(async (error: unknown) => {
        await inDirectory(parent, (directory) => target.drop(directory, first)).catch(() => undefined); // swept by the next try; the first error says more
        throw error;
      }),
    undo: async () => {
      await inDirectory(parent, undoIn);
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

async function syncOrDoubt({ sync }: Directory, { path }: { readonly path: string }): Promise<void> {
  await sync().catch((error: unknown) => {
    throw durabilityUnknown(path, error);
  });
}

/**
 * Makes a change; if somebody else changed the target since it was worked out, works it out again on what they left. Resolves to what was done.
 * Throws CONFLICT when they do not stop, UNAVAILABLE when the outcome is unknown, and anything else when nothing was changed.
 */
export async function untilDone<Change>(directory: Directory, steps: Steps<Change>, first?: Change): Promise<Change> {
  let change = first ?? (await steps.workOut(directory));
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (await applyOrDrop(directory, steps, change)) return change;
    change = await steps.workOut(directory);
  }
  await steps.drop(directory, change);
  throw conflict(`${steps.path} was changed by somebody else ${attempts} times while it was being written`);
}

async function applyOrDrop<Change>(directory: Directory, steps: Steps<Change>, change: Change): Promise<boolean> {
  let isDone = false;
  try {
    isDone = await steps.apply(directory, change);
    return isDone;
  } finally {
    if (!isDone) await steps.drop(directory, change);
  }
}
