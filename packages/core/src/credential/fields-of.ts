import { isTemplateOption } from "@rotate/runtime";
import type { SinkEntry } from "../loading/model.ts";

/** Destination keys whose template is a field and nothing else, with the field. */
export function bareFields({ values }: Pick<SinkEntry, "values">): readonly (readonly [key: string, field: string])[] {
  return Object.entries(values).flatMap(([key, { source, fields }]) => {
    const field = /^\s*\{\{-?\s*(\w+)\s*-?\}\}\s*$/.exec(source)?.[1];
    return field !== undefined && source.trim() === source && fields.includes(field) ? [[key, field] as const] : [];
  });
}

/** The fields that the templates among options name, each once. */
export function fieldsIn(options: unknown): readonly string[] {
  if (isTemplateOption(options)) return options.template.fields;
  if (typeof options !== "object" || options === null) return [];
  return [...new Set(Object.values(options).flatMap(fieldsIn))];
}
