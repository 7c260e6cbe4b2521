/** What a plugin gives and takes, as JSON and back. */
import { isSecret, Secret, type Schema, type SecretRef } from "@rotate/plugin-kit";
import { discriminatorOf } from "@rotate/plugin-kit/grammar";
import type { Frame } from "./channel.ts";

/** A plain object. */
export function isRecord(value: unknown): value is Frame {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As JSON: instants as RFC 3339, secrets in clear. `onSecret` sees each. */
export function plain(value: unknown, onSecret: (secret: Secret) => void = () => undefined): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof URL) return value.href;
  if (isSecret(value)) {
    onSecret(value);
    return value.reveal();
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, onSecret));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, onSecret)]));
}

const mark = "$rotate";

/** As JSON that can be made the same again: for what only this process reads. Throws for a function, which cannot be kept. */
export function packed(value: unknown): unknown {
  if (value instanceof Date) return { [mark]: "date", value: value.toISOString() };
  if (isSecret(value)) return { [mark]: "secret", value: value.reveal(), name: String(value) };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
    throw new TypeError(`a login is kept as JSON, Dates and Secrets: it cannot hold a ${typeof value}`);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packed(item)]));
}

/** What `packed` packed. */
export function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (!isRecord(value)) return value;
  if (value[mark] === "date") return new Date(String(value["value"]));
  if (value[mark] === "secret")
    return new Secret(String(value["value"]), /^\[secret (?<name>.*)\]$/.exec(String(value["name"]))?.groups?.["name"]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item)]));
}

/** Where a part's secret options are: the engine sends them read, and the part reads them by its references all the same. */
export interface Options {
  readonly options: unknown;
  readonly request: unknown;
  readonly resolve: (ref: SecretRef) => Promise<Secret>;
}

/** The options and the request of a call as their part's types promise them. */
export function optionsOf(
  part: { readonly options: Schema; readonly request?: Schema },
  { options, request }: Frame,
  unknownRef: () => Error,
): Options {
  const secrets = new WeakMap<object, Secret>();
  function refTo(text: string, name: string): SecretRef {
    const ref = Object.freeze({});
    secrets.set(ref, new Secret(text, name));
    return ref as unknown as SecretRef;
  }
  function filled(at: Schema | undefined, value: unknown, name: string): unknown {
    if (at === undefined) return value;
    if ("secret" in at && at.secret) return typeof value === "string" ? refTo(value, name) : value;
    if ("anyOf" in at && isRecord(value)) {
      const discriminator = discriminatorOf(at);
      return filled(discriminator?.members.get(value[discriminator.tag]), value, name);
    }
    if ("items" in at && Array.isArray(value)) return value.map((item) => filled(at.items, item, name));
    if (!("type" in at) || at.type !== "object" || !isRecord(value)) return value;
    const { properties = {}, additionalProperties } = at;
    const entries = Object.entries(value).map(([key, item]) => {
      const inner = Object.hasOwn(properties, key) ? properties[key] : additionalProperties || undefined;
      return [key, filled(inner, item, key)] as const;
    });
    return Object.fromEntries(entries);
  }
  return {
    options: filled(part.options, options ?? {}, "option"),
    request: filled(part.request, request, "request"),
    async resolve(ref) {
      const secret = secrets.get(ref);
      if (secret === undefined) throw unknownRef();
      return secret;
    },
  };
}
