import type { ObjectSchema, Schema, UnionSchema } from "../schema.ts";

/** What tells the members of a union apart: a property that each requires as a `const` of its own. */
export interface Discriminator {
  readonly tag: string;
  /** The member of each value, in the order of the union. */
  readonly members: ReadonlyMap<unknown, ObjectSchema>;
}

/** The discriminator of a union; undefined when it has none. */
export function discriminatorOf({ anyOf }: UnionSchema): Discriminator | undefined {
  for (const tag of Object.keys(anyOf[0]?.properties ?? {})) {
    const members = new Map(anyOf.map((member) => [constOf(member, tag), member]));
    if (!members.has(undefined) && members.size === anyOf.length) return { tag, members };
  }
  return undefined;
}

function constOf(member: ObjectSchema, tag: string): unknown {
  const property: Schema | undefined = member.properties?.[tag];
  return property !== undefined && "const" in property && member.required?.includes(tag) === true
    ? property.const
    : undefined;
}
