import { badAnswer, type Fields, type Secret } from "@rotate/plugin-kit";
import type { VaultContext } from "./options.ts";

/** How a request says which values it wants: the part of its schema. */
export const fieldOptions = {
  fields: {
    type: "object",
    additionalProperties: { type: "string", minLength: 1 },
    description:
      "Fields of the credential, each with the key of the answer's data that it comes from; one that begins with / is a JSON Pointer",
    examples: [{ username: "username", password: "password" }],
  },
  multiline: {
    type: "array",
    items: { type: "string" },
    description:
      "Fields whose value may have several lines; known by themselves: certificates and keys of the pki and database engines",
  },
} as const;

interface FieldRequest {
  readonly fields: Readonly<Record<string, string>>;
  readonly multiline?: readonly string[];
}

/** Keys that hold PEM. */
const pemKeys = [
  "certificate",
  "issuing_ca",
  "ca_chain",
  "private_key",
  "csr",
  "client_certificate",
  "rsa_private_key",
];

/** All that the server hands out counts as secret. */
export function declareFields({ fields, multiline = [] }: FieldRequest, where: string): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, source]) => {
      const description = `${source} of ${where}`;
      const long = multiline.includes(name) || pemKeys.includes(source);
      return [name, long ? { secret: true, description, multiline: true } : { secret: true, description }];
    }),
  );
}

type Data = Readonly<Record<string, unknown>>;

/** The values that a request wants, out of an answer's data. Throws BAD_ANSWER that names the keys there are, never a value. */
export function readFields(data: Data, { fields }: FieldRequest, ctx: VaultContext): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, source]) => {
      const text = textOf(valueAt(data, source));
      if (text !== undefined) return [name, ctx.secret(text, name)];
      throw badAnswer(
        `the answer has no text at ${source}`,
        `it has: ${Object.keys(data).join(", ")}; correct \`fields\``,
      );
    }),
  );
}

function valueAt(data: Data, source: string): unknown {
  if (!source.startsWith("/")) return own(data, source);
  const keys = source
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce<unknown>(own, data);
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined;
  return (value as Data)[key];
}

/** Numbers and truth values as text; a list of texts (`ca_chain`) one below the other. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")
    ? value.join("\n")
    : undefined;
}
