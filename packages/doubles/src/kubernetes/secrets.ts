import { badRequest, invalid, type Cause } from "./status.ts";
import { isObject } from "./fields.ts";
import type { Json } from "./types.ts";

/** Of all decoded values together, keys not counted (core/v1 MaxSecretSize). */
const maxSize = 1_048_576;

type Texts = Readonly<Record<string, string>>;

/** What a Secret's type must hold (core/validation ValidateSecret). */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

/** What must be JSON. */
const jsonKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
};

function isJson(encoded: string): boolean {
  try {
    JSON.parse(Buffer.from(encoded, "base64").toString());
    return true;
  } catch {
    return false;
  }
}

/** A Secret as it is stored: `stringData` folded into `data`, `type` filled in. */
export function admitSecret(body: Json & { readonly metadata: Json }): Json & { readonly metadata: Json } {
  const { stringData, data, ...rest } = body;
  const folded = Object.entries(textsOf(stringData ?? {}, "stringData")).map(([key, text]) => [
    key,
    Buffer.from(text).toString("base64"),
  ]);
  const all: Texts = { ...textsOf(data ?? {}, "data"), ...Object.fromEntries(folded) };
  for (const value of Object.values(all)) checkBase64(value);
  return { type: "Opaque", ...rest, ...(Object.keys(all).length > 0 && { data: all }) };
}

function textsOf(value: unknown, field: string): Texts {
  if (isObject(value) && Object.values(value).every((one) => typeof one === "string")) return value as Texts;
  throw badRequest(
    `Secret in version "v1" cannot be handled as a Secret: json: cannot unmarshal into Go struct field Secret.${field}`,
  );
}

/** As Go's encoding/json does: standard alphabet, padded. */
function checkBase64(value: string): void {
  if (Buffer.from(value, "base64").toString("base64") === value) return;
  throw badRequest('Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0');
}

/** Refuses what the API refuses of a Secret, and of a change of one (422). */
export function validateSecret(body: Json, live: Json | undefined): void {
  const name = String((body["metadata"] as Json)["name"]);
  const causes = [...contentCauses(body), ...(live === undefined ? [] : changeCauses(body, live))];
  if (causes.length > 0) throw invalid("Secret", name, causes);
}

function contentCauses(body: Json): readonly Cause[] {
  const data = (body["data"] ?? {}) as Texts;
  const badKeys = Object.keys(data).filter(
    (key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === "." || key === "..",
  );
  const missing = (requiredKeys[String(body["type"])] ?? []).filter((key) => !(key in data));
  const unread = (jsonKeys[String(body["type"])] ?? []).filter((key) => key in data && !isJson(data[key] ?? ""));
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.from(value, "base64").length, 0);
  return [
    ...nameCauses(String((body["metadata"] as Json)["name"])),
    ...badKeys.map((key) =>
      cause(
        "FieldValueInvalid",
        `data[${key}]`,
        `Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ),
    ),
    ...missing.map((key) => cause("FieldValueRequired", `data[${key}]`, "Required value")),
    ...unread.map((key) =>
      cause("FieldValueInvalid", `data[${key}]`, 'Invalid value: "<secret contents redacted>": invalid character'),
    ),
    ...(size > maxSize ? [cause("FieldValueTooLong", "data", `Too long: may not be more than ${maxSize} bytes`)] : []),
  ];
}

/** apimachinery util/validation IsDNS1123Subdomain. */
function nameCauses(name: string): readonly Cause[] {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return [];
  const why =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  return [cause("FieldValueInvalid", "metadata.name", `Invalid value: "${name}": ${why}`)];
}

function changeCauses(body: Json, live: Json): readonly Cause[] {
  const type =
    body["type"] === live["type"]
      ? []
      : [cause("FieldValueInvalid", "type", `Invalid value: "${String(body["type"])}": field is immutable`)];
  if (live["immutable"] !== true) return type;
  const frozen = ["data", "immutable"].filter((name) => JSON.stringify(body[name]) !== JSON.stringify(live[name]));
  return [
    ...type,
    ...frozen.map((name) => cause("FieldValueForbidden", name, "field is immutable when `immutable` is set")),
  ];
}

function cause(reason: string, field: string, message: string): Cause {
  const kind =
    reason === "FieldValueForbidden"
      ? "Forbidden: "
      : reason === "FieldValueInvalid" && !message.startsWith("Invalid")
        ? "Invalid value: "
        : "";
  return { reason, field, message: `${kind}${message}` };
}
