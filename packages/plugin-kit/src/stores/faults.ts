import { invalid, RotateError } from "../errors.ts";
import { meanings } from "../refusals.ts";

/** The secret is not there, and we are told not to make it. `secret` names it; `how` is the command that makes it. */
export function absentSecret(secret: string, how?: string): RotateError {
  const hint = `make it${how === undefined ? "" : ` (${how})`}, or set \`create: true\``;
  return new RotateError(`${secret} does not exist`, { ...meanings.missing, hint });
}

/** Somebody else wrote since we looked: CONFLICT. */
export function changedMeanwhile(secret: string): RotateError {
  const hint = "what they wrote is left as it is: find out who else writes it, one secret can have one writer";
  return new RotateError(`${secret} was written by somebody else since`, { ...meanings.raced, hint });
}

/** Throws INVALID for a text that is larger than a store takes. `largest` in bytes of UTF-8. */
export function checkSize(secret: string, text: string, largest: number): void {
  const size = Buffer.byteLength(text);
  if (size <= largest) return;
  const hint = "keep what is large elsewhere, and only its key here";
  throw invalid(`${secret} would have ${size} bytes, ${largest} is the most`, hint);
}
