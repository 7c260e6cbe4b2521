/** A credential in the words of those who ask for one. */
import { invalid } from "../errors.ts";
import type { Fields } from "../provider.ts";
import { dockerAnswer } from "./docker.ts";
import { gitAnswer } from "./git.ts";
import type { HelperLogin } from "./helper-login.ts";

/** What a credential is printed from: all texts are in the clear. */
export interface PrintableCredential {
  readonly name: string;
  readonly declared: Fields;
  readonly fields: Readonly<Record<string, string>>;
  /** What the rotation's `env` sinks make of it. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** RFC 3339. */
  readonly issuedAt: string;
  /** RFC 3339; absent: it never ends by itself. */
  readonly expiresAt?: string | undefined;
}

/** Forms that a credential is printed in, without knowing who asks. */
export const plainFormats = ["aws-credential-process", "exec-credential", "token", "env", "json", "pgpass"] as const;
/** Those that answer a program's question: what it says on its standard input. */
export const helperFormats = ["docker", "git"] as const;
/** Every form. */
export const credentialFormats = [...plainFormats, ...helperFormats] as const;
/** What `--format` takes. */
export type CredentialFormat = (typeof credentialFormats)[number];

/** What the words depend on besides the credential. */
export interface PrintOptions {
  /** Which field is the token; default: the only secret one, or `token`, or `password`. */
  readonly field?: string | undefined;
  /** KUBERNETES_EXEC_INFO, as kubectl and client-go set it. */
  readonly execInfo?: string | undefined;
  /** The server that it is for, as the tools name it. */
  readonly host?: string | undefined;
  /** The user's name where the credential has none. */
  readonly user?: string | undefined;
  /** ms since 1970. */
  readonly now: number;
}

type Print = (credential: PrintableCredential, options: PrintOptions) => string;
type Described = Pick<PrintableCredential, "declared" | "name">;

const printers: Readonly<Record<CredentialFormat, Print>> = {
  "aws-credential-process": printAws,
  "exec-credential": printExecCredential,
  token: ({ fields, ...described }, { field }) => fields[tokenField(described, field)] ?? "",
  env: printEnvironment,
  json: ({ name, fields, issuedAt, expiresAt }) =>
    `${JSON.stringify({ version: 1, name, issuedAt, expiresAt, fields }, null, 2)}\n`,
  pgpass: (credential, options) => pgpassLine(loginOf(credential, options)),
  docker: (credential, options) => dockerAnswer(loginOf(credential, options)),
  git: (credential, options) => gitAnswer(loginOf(credential, options)),
};

/** The credential as text. Throws INVALID when it is none of that kind. */
export function printCredential(
  format: CredentialFormat,
  credential: PrintableCredential,
  options: PrintOptions,
): string {
  return printers[format](credential, options);
}

/** The fields that a format needs; undefined: all. Throws INVALID when the credential has none for it. */
export function neededFields(
  format: CredentialFormat,
  described: Described,
  { field }: Pick<PrintOptions, "field">,
): readonly string[] | undefined {
  if (format === "aws-credential-process") return awsFields(described);
  if (format === "token" || format === "exec-credential") return [tokenField(described, field)];
  if (format === "env" || format === "json") return undefined;
  return [tokenField(described, field), ...userField(described)];
}

/** The credential in the plain format of that name, by all that it has. Throws INVALID when there is no such format, or the credential is none of that kind. */
export function printAsked(asked: string, credential: PrintableCredential, options: PrintOptions): string {
  const format = plainFormats.find((one) => one === asked);
  if (format === undefined) throw invalid(`format is one of ${plainFormats.join(", ")}`, "name one of these");
  neededFields(format, credential, options);
  return printCredential(format, credential, options);
}

function userField({ declared }: Described): readonly string[] {
  return ["username", "user"].filter((name) => name in declared).slice(0, 1);
}

function loginOf(credential: PrintableCredential, { field, host = "*", user }: PrintOptions): HelperLogin {
  const { fields, expiresAt } = credential;
  const [named = ""] = userField(credential);
  return { host, user: user ?? fields[named], password: fields[tokenField(credential, field)] ?? "", expiresAt };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\:]/g, String.raw`\$&`);
}

/** https://www.postgresql.org/docs/18/libpq-pgpass.html */
function pgpassLine({ host, user = "*", password }: HelperLogin): string {
  return `${escaped(host)}:*:*:${escaped(user)}:${escaped(password)}\n`;
}

function awsFields({ declared, name }: Described): readonly string[] {
  const missing = ["accessKeyId", "secretAccessKey"].find((field) => !(field in declared));
  if (missing === undefined) return ["accessKeyId", "secretAccessKey", "sessionToken"];
  throw invalid(`the credential of ${name} is no key of AWS`, `it has the fields ${listed(declared)}`);
}

function tokenField({ declared, name }: Described, field: string | undefined): string {
  if (field !== undefined && field in declared) return field;
  const secret = Object.keys(declared).filter((each) => declared[each]?.secret === true);
  const only = secret.length === 1 ? secret[0] : ["token", "password"].find((each) => secret.includes(each));
  if (field === undefined && only !== undefined) return only;
  const what = field === undefined ? `${name} has no single token` : `${name} has no field ${field}`;
  throw invalid(what, `name one with --field: ${listed(declared)}`);
}

function listed(declared: Described["declared"]): string {
  return Object.keys(declared).join(", ");
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
function printAws({ fields, expiresAt }: PrintableCredential): string {
  const { accessKeyId, secretAccessKey, sessionToken, accountId } = fields;
  const document = {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiresAt && wholeSeconds(expiresAt),
    AccountId: accountId,
  };
  return `${JSON.stringify(document)}\n`;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
function printExecCredential(credential: PrintableCredential, { field, execInfo = "", now }: PrintOptions): string {
  const { fields, expiresAt } = credential;
  const [version = "v1"] = /(?<="client\.authentication\.k8s\.io\/)v1(beta1)?(?=")/.exec(execInfo) ?? [];
  const expirationTimestamp = expiresAt && wholeSeconds(early(expiresAt, now));
  const document = {
    apiVersion: `client.authentication.k8s.io/${version}`,
    kind: "ExecCredential",
    status: { token: fields[tokenField(credential, field)], expirationTimestamp },
  };
  return `${JSON.stringify(document)}\n`;
}

/**
 * client-go sends a token until this instant, and gives the 401 that it then gets to its caller (aws-iam-authenticator#133): a minute before the end, so that it asks in time.
 * Never in the past: for that it closes its connections.
 */
function early(expiresAt: string, now: number): string {
  const instant = Date.parse(expiresAt) - 60_000;
  return instant > now ? new Date(instant).toISOString() : expiresAt;
}

/** Some readers take no fractions. Earlier is safe. */
function wholeSeconds(instant: string): string {
  return instant.replace(/\.\d+Z$/, "Z");
}

/** Names of the AWS SDKs. AWS_CREDENTIAL_EXPIRATION is left out: after it Python's SDK would find its own frozen value again, and stop. */
const awsNames: Readonly<Record<string, readonly string[]>> = {
  accessKeyId: ["AWS_ACCESS_KEY_ID"],
  secretAccessKey: ["AWS_SECRET_ACCESS_KEY"],
  sessionToken: ["AWS_SESSION_TOKEN"],
  region: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  accountId: ["AWS_ACCOUNT_ID"],
};

function printEnvironment({ fields, environment }: PrintableCredential): string {
  const variables = environment ?? defaultNames(fields);
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");
}

/** `accessToken` becomes ACCESS_TOKEN. */
function defaultNames(fields: PrintableCredential["fields"]): Readonly<Record<string, string>> {
  const isAws = "accessKeyId" in fields && "secretAccessKey" in fields;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => {
      const upper = field.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
      return (isAws ? (awsNames[field] ?? []) : [upper]).map((name) => [name, value] as const);
    }),
  );
}

/** For `eval` in any POSIX shell; bare where readers of env files agree, too. */
function quoted(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
