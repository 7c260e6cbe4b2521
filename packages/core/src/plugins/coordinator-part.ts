import type { Context, Coordinator, KeptPermit, Permit } from "@rotate/plugin-kit";
import { type Ask, given, nothing, when } from "./ask.ts";
import type { DescribedPart } from "./describe.ts";
import { badFrame, isFrame, type Frame } from "./frames.ts";

/** A coordinator of a program, in the shape of a built-in one. */
export function coordinatorOf(part: DescribedPart, ask: Ask): Coordinator {
  const { type, options } = part;
  return {
    type,
    options,
    ...given(part, "scope"),
    read: async (number, ctx) => keptIn(await ask("read", { number }, ctx)),
    write: async (number, { permit, version = null }, ctx) =>
      versionIn(await ask("write", { number, permit, version }, ctx)),
    ...when(part, "check", {
      check: async (permits: number, ctx: Context) => nothing(await ask("check", { permits }, ctx)),
    }),
  };
}

/** Null: it was never written. */
function keptIn(answer: unknown): KeptPermit | undefined {
  if (answer === null) return undefined;
  if (!isFrame(answer) || !isFrame(answer["permit"])) throw badFrame("its answer to read is no permit with a version");
  const version = versionIn(answer["version"]);
  if (version === undefined) throw badFrame("its answer to read has no version");
  return { permit: permitIn(answer["permit"]), version };
}

/** Null: somebody was faster. */
function versionIn(answer: unknown): string | undefined {
  if (answer === null) return undefined;
  if (typeof answer === "string" && answer !== "") return answer;
  throw badFrame("a version is a text that is not empty, or null");
}

function permitIn({ holder, acquiredAt, renewedAt, lasts, transitions, unwell }: Frame): Permit {
  const isWhole = Number.isSafeInteger(lasts) && Number(lasts) > 0 && Number.isSafeInteger(transitions);
  if (typeof holder !== "string" || !isWhole) throw badFrame("its permit is not what was written");
  return {
    holder,
    acquiredAt: instantIn(acquiredAt),
    renewedAt: instantIn(renewedAt),
    lasts: Number(lasts),
    transitions: Number(transitions),
    ...(unwell === true && { unwell }),
  };
}

function instantIn(value: unknown): Date {
  const at = new Date(typeof value === "string" ? value : Number.NaN);
  if (Number.isNaN(at.getTime())) throw badFrame("an instant of its permit is none");
  return at;
}
