/** A credential in the words of those who ask for one. */
import type { CurrentCredential } from "@rotate/core";
import { UsageError } from "../failure.ts";

/** What `rotate credential` can print. */
export const credentialFormats = ["aws-credential-process", "exec-credential", "token", "env", "json"] as const;

/** What `--format` takes. */
export type CredentialFormat = (typeof credentialFormats)[number];

/** What the words depend on besides the credential. */
export interface PrintOptions {
  /** Which field is the token; default: the only secret one, or `token`. */
  readonly field?: string | undefined;
  /** KUBERNETES_EXEC_INFO, as kubectl and client-go set it. */
  readonly execInfo?: string | undefined;
}

type Print = (credential: CurrentCredential, options: PrintOptions) => string;
type Described = Pick<CurrentCredential, "declared" | "name">;

const printers: Readonly<Record<CredentialFormat, Print>> = {
  "aws-credential-process": printAws,
  "exec-credential": printExecCredential,
  token: ({ fields, ...described }, { field }) => fields[tokenField(described, field)] ?? "",
  env: printEnvironment,
  json: ({ name, fields, issuedAt, expiresAt }) =>
    `${JSON.stringify({ version: 1, name, issuedAt, expiresAt, fields }, null, 2)}\n`,
};

/** The credential as text for standard output. Throws UsageError when it is none of that kind. */
export function printCredential(
  format: CredentialFormat,
  credential: CurrentCredential,
  options: PrintOptions,
): string {
  return printers[format](credential, options);
}

/** The fields that a format needs; undefined: all. Throws UsageError when the credential has none for it. */
export function neededFields(
  format: CredentialFormat,
  described: Described,
  { field }: PrintOptions,
): readonly string[] | undefined {
  if (format === "aws-credential-process") return awsFields(described);
  return format === "token" || format === "exec-credential" ? [tokenField(described, field)] : undefined;
}

function awsFields({ declared, name }: Described): readonly string[] {
  const missing = ["accessKeyId", "secretAccessKey"].find((field) => !(field in declared));
  if (missing === undefined) return ["accessKeyId", "secretAccessKey", "sessionToken"];
  throw new UsageError(`the credential of ${name} is no key of AWS`, `it has the fields ${listed(declared)}`);
}

function tokenField({ declared, name }: Described, field: string | undefined): string {
  if (field !== undefined && field in declared) return field;
  const secret = Object.keys(declared).filter((each) => declared[each]?.secret === true);
  const only = secret.length === 1 ? secret[0] : secret.find((each) => each === "token");
  if (field === undefined && only !== undefined) return only;
  const what = field === undefined ? `${name} has no single token` : `${name} has no field ${field}`;
  throw new UsageError(what, `name one with --field: ${listed(declared)}`);
}

function listed(declared: Described["declared"]): string {
  return Object.keys(declared).join(", ");
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
function printAws({ fields, expiresAt }: CurrentCredential): string {
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
function printExecCredential(credential: CurrentCredential, { field, execInfo = "" }: PrintOptions): string {
  const { fields, expiresAt } = credential;
  const [version = "v1"] = /(?<="client\.authentication\.k8s\.io\/)v1(beta1)?(?=")/.exec(execInfo) ?? [];
  const expirationTimestamp = expiresAt && wholeSeconds(expiresAt);
  const document = {
    apiVersion: `client.authentication.k8s.io/${version}`,
    kind: "ExecCredential",
    status: { token: fields[tokenField(credential, field)], expirationTimestamp },
  };
  return `${JSON.stringify(document)}\n`;
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

function printEnvironment({ fields, environment }: CurrentCredential): string {
  const variables = environment ?? defaultNames(fields);
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");
}

/** `accessToken` becomes ACCESS_TOKEN. */
function defaultNames(fields: CurrentCredential["fields"]): Readonly<Record<string, string>> {
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
