import { isSecret, type Fields, type FieldValues, type LeaseTerms, RotateError } from "@rotate/plugin-kit";
import type { Runtime } from "@rotate/runtime";

/** Shorter ones are found by chance, as with `holdsSecret`. */
const shortest = 12;

/**
 * What is kept of a lease's handle: it lies in the state, where no secret may be. Throws BAD_ANSWER when a secret that this process knows stands in it, or one of
 * the fields that came with it.
 */
export function acceptHandle(
  { handle, fields = {} }: Pick<LeaseTerms, "handle"> & { readonly fields?: FieldValues<Fields> },
  { masker }: Pick<Runtime, "masker">,
): Pick<LeaseTerms, "handle"> {
  if (handle === undefined) return {};
  const minted = Object.values(fields).flatMap((value) => (isSecret(value) ? [value.reveal()] : []));
  const holds = (text: string): boolean =>
    masker.holdsSecret(text) || minted.some((secret) => secret.length >= shortest && text.includes(secret));
  if (textsIn(handle).some(holds)) throw holdsSecret();
  return { handle };
}

/** Every text in it, names included. */
function textsIn(value: unknown): readonly string[] {
  if (isSecret(value)) return [value.reveal()];
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [name, ...textsIn(item)]);
}

function holdsSecret(): RotateError {
  return new RotateError("the answer's handle holds a secret: it is not written to the state", {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: false,
    hint: "a fault of the plugin: a handle names the lease (an id, an accessor); no field, option or login that is secret stands in it",
  });
}
