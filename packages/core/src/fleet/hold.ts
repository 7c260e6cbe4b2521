import type { Held, Pulse } from "./pulse.ts";

/** A job that this process has, and which rotations of its bundle are at work under it. The last of them ends it. */
export interface Hold extends Held {
  readonly isLost: () => boolean;
  readonly lost: AbortSignal;
  /** False: it is under way already, or the job is being ended. */
  readonly enter: (rotation: string) => boolean;
  /** True: that was the last. Nobody enters any more. */
  readonly exit: (rotation: string) => boolean;
  /** How a claim is settled whose holder does not: when the backend closes. */
  readonly onGiveBack: (rotation: string, settle: () => Promise<void>) => void;
  readonly giveBack: () => Promise<void>;
  /** It was given back. */
  readonly end: () => void;
}

/** Says from now on that it is alive. @param onEnd it is nobody's any more, or another's */
export function createHold({ job, since }: Pick<Held, "job" | "since">, pulse: Pulse, onEnd: () => void): Hold {
  const open = new Map<string, (() => Promise<void>) | undefined>();
  const losing = new AbortController();
  let isEnding = false;

  const hold: Hold = {
    job,
    since,
    lost: losing.signal,
    isLost: () => losing.signal.aborted,
    lose() {
      losing.abort();
      onEnd();
    },
    enter(rotation) {
      if (isEnding || open.has(rotation)) return false;
      open.set(rotation, undefined);
      return true;
    },
    exit(rotation) {
      open.delete(rotation);
      isEnding = open.size === 0;
      return isEnding;
    },
    onGiveBack: (rotation, settle) => void open.set(rotation, settle),
    end() {
      pulse.drop(hold);
      onEnd();
    },
    async giveBack() {
      for (const settle of open.values()) await settle?.();
    },
  };
  pulse.add(hold);
  return hold;
}
