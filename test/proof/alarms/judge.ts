/** Whether what is said of a rotation is so, by how long that which its consumer has works. */

/** What is wrong at the moment, besides what the consumers hold. */
export interface Surroundings {
  /** From when on nothing has been wrong for a life; Infinity: something is. ms */
  readonly calmFrom: number;
  /** The clock of the machine is not that of the issuer. */
  readonly isClockSet: boolean;
}

/** What it judges by. */
export interface JudgeParts {
  /** Of each token, ms. */
  readonly life: number;
  /** ms; undefined: its consumer has nothing of the issuer. */
  readonly leftOf: (name: string) => number | undefined;
  readonly surroundings: () => Surroundings;
}

/** Undefined: it is so, or nobody can tell. */
export interface Judge {
  /** @param step what somebody is told of it just now */
  readonly falsehoodOf: (name: string, step: string) => string | undefined;
  /**
   * @param said what a view calls it
   * @param before how long its credential worked before it was asked after, ms
   */
  readonly untruthOf: (said: Said, before: number | undefined) => string | undefined;
}

/** How one rotation is said to stand. */
interface Said {
  readonly name: string;
  readonly alarm?: string;
}

const second = 1_000;
/** A daemon that was killed right after it had written knows of it when it is up again. */
const longestUnknown = 15 * second;
/** More of its life than this is left of none that is in its margin (a fifth), or past its warning (0.375 with the spread). */
const mostLeft: Readonly<Record<string, number>> = { expired: 0.25, expiring: 0.4 };

/** Judges by the issuer's clock, which is right. */
export function createJudge({ life, leftOf, surroundings }: JudgeParts): Judge {
  const unknown = Math.min(longestUnknown, life / 4);

  function isTooMuch(left: number | undefined, step: string): boolean {
    return left === undefined || (left > mostLeft[step]! * life && left < life - unknown);
  }

  return {
    falsehoodOf(name, step) {
      const { calmFrom, isClockSet } = surroundings();
      const left = leftOf(name);
      const isFalse =
        step in mostLeft
          ? !isClockSet && isTooMuch(left, step)
          : step === "recovered"
            ? !isClockSet && (left ?? 0) <= 0
            : Date.now() >= calmFrom;
      return isFalse ? `${name} is said to be ${step}, with ${textOf(left)} left` : undefined;
    },
    untruthOf({ name, alarm }, before) {
      const after = leftOf(name);
      if (surroundings().isClockSet || before === undefined || after === undefined || after > before) return undefined;
      const isOver = before < -unknown && alarm !== "expired";
      const isFalse = alarm === "expired" && isTooMuch(after, alarm);
      return isOver || isFalse ? `${name}: is ${alarm ?? "well"}, with ${textOf(after)} left` : undefined;
    },
  };
}

function textOf(left: number | undefined): string {
  return left === undefined ? "nothing" : `${Math.round(left / second)} s`;
}
