/** Option schemas: the part of JSON Schema 2020-12 that can be inferred, explained and completed, and the type of what passes. */
import type { SecretRef } from "./secret.ts";

interface Doc {
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly deprecated?: boolean;
}
interface Default<T> {
  readonly default?: T;
}

/** JSON Schema 2020-12 with words of ours: `secret: true`, `template: true`, and the formats `duration` (arrives as milliseconds) and `path` (arrives absolute). */
export type Schema =
  | ConstSchema
  | EnumSchema
  | StringSchema
  | DurationSchema
  | SecretSchema
  | NumberSchema
  | BooleanSchema
  | ArraySchema
  | ObjectSchema
  | UnionSchema
  | MixedSchema;

interface ConstSchema extends Doc {
  readonly const: string | number | boolean;
}
interface EnumSchema extends Doc, Default<string> {
  readonly enum: readonly string[];
}
interface StringSchema extends Doc, Default<string> {
  readonly type: "string";
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: "path" | "uri";
  /**
   * Where there is a new credential (`verify`) it may be a template of its fields, secret ones too; it arrives as text. For what is told to the system that is
   * asked, such as a user name; never for the words of a command.
   */
  readonly template?: true;
  readonly secret?: never;
}
/** `10m` in the spec, milliseconds in the plugin. `min` and `max` are written as in the spec. */
interface DurationSchema extends Doc, Default<string> {
  readonly type: "string";
  readonly format: "duration";
  readonly min?: string;
  readonly max?: string;
  readonly secret?: never;
}
/** A reference (or, where there is a new credential, a template) in the spec, a `SecretRef` in the plugin. Never a literal, so no default. */
interface SecretSchema extends Doc {
  readonly type: "string";
  readonly secret: true;
  readonly default?: never;
}
interface NumberSchema extends Doc, Default<number> {
  readonly type: "integer" | "number";
  readonly minimum?: number;
  readonly maximum?: number;
}
interface BooleanSchema extends Doc, Default<boolean> {
  readonly type: "boolean";
}
interface ArraySchema extends Doc, Default<readonly unknown[]> {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}
/** Objects told apart by one property that each of them requires as a `const`. The engine finds it and names it in its messages. */
export interface UnionSchema extends Doc {
  readonly anyOf: readonly ObjectSchema[];
}
/** For answers only: what comes now as one type, now as another, or as null. */
interface MixedSchema {
  readonly type: readonly (keyof Scalars)[];
}
interface Scalars {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
  null: null;
}
/** Unknown keys are refused in options and allowed in answers, unless `additionalProperties` says otherwise. */
export interface ObjectSchema extends Doc {
  readonly type: "object";
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
}

/** Evaluates a mapped type, so that an editor shows its keys. */
export type Flat<T> = { [K in keyof T]: T[K] } & {};
type Props<S> = S extends { readonly properties: infer P } ? P : {};
type RequiredKeys<S> = S extends { readonly required: readonly (infer K)[] } ? K : never;
type Present<S> = {
  [K in keyof Props<S>]: K extends RequiredKeys<S> ? K : Props<S>[K] extends { readonly default: unknown } ? K : never;
}[keyof Props<S>];
type InferArray<S, I> = S extends { readonly minItems: 1 } ? readonly [Infer<I>, ...Infer<I>[]] : readonly Infer<I>[];
type InferObject<S> = Flat<
  { readonly [K in Present<S>]: Infer<Props<S>[K]> } & {
    readonly [K in Exclude<keyof Props<S>, Present<S>>]?: Infer<Props<S>[K]>;
  }
>;

/** The type of a value that passed `S`, with its defaults filled in. */
export type Infer<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer U)[] }
      ? Infer<U>
      : S extends { readonly secret: true }
        ? SecretRef
        : S extends { readonly format: "duration" }
          ? number
          : S extends { readonly type: "string" }
            ? string
            : S extends { readonly type: "integer" | "number" }
              ? number
              : S extends { readonly type: "boolean" }
                ? boolean
                : S extends { readonly type: readonly (infer T extends keyof Scalars)[] }
                  ? Scalars[T]
                  : S extends { readonly type: "array"; readonly items: infer I }
                    ? InferArray<S, I>
                    : S extends { readonly properties: object }
                      ? InferObject<S>
                      : S extends { readonly additionalProperties: infer V }
                        ? { readonly [name: string]: Infer<V> }
                        : {};

/** A key of T that is not in Known becomes a compile error that says Why. */
export type Only<T, Known, Why> = { readonly [K in Exclude<keyof T, Known>]: Why };

/** To be met by a schema literal: a misspelt or unknown word at its top becomes a compile error. */
export type OnlySchemaWords<S> = Only<S, keyof ObjectSchema, "not a word of our JSON Schema subset">;
