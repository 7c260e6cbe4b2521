import { isTemplateOption } from "@rotate/runtime";
import type { Rotation, SinkEntry } from "../loading/model.ts";

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

/** Does one of its sinks, or what is verified, name the credential before the current one? */
export function namesPrevious({ sinks, verify }: Pick<Rotation, "sinks" | "verify">): boolean {
  const inValues = sinks.some(({ values }) => Object.values(values).some(({ isOfTwo }) => isOfTwo === true));
  return inValues || [...sinks, ...verify].some(({ options }) => hasPrevious(options));
}

function hasPrevious(options: unknown): boolean {
  if (isTemplateOption(options)) return options.template.isOfTwo === true;
  return typeof options === "object" && options !== null && Object.values(options).some(hasPrevious);
}
