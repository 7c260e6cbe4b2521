import type { SinkEntry } from "./model.ts";

/** Destination keys whose template is a field and nothing else, with the field. */
export function bareFields({ values }: Pick<SinkEntry, "values">): readonly (readonly [key: string, field: string])[] {
  return Object.entries(values).flatMap(([key, { source, fields }]) => {
    const field = /^\s*\{\{-?\s*(\w+)\s*-?\}\}\s*$/.exec(source)?.[1];
    return field !== undefined && source.trim() === source && fields.includes(field) ? [[key, field] as const] : [];
  });
}
