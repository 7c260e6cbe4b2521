/** A name that a store does not tell apart by its case, as it stands in a target. A reference of the spec, whose text is not known there, stays as it is. */
export function caseless(name: string): string {
  return name.startsWith("{ ") ? name : name.toLowerCase();
}
