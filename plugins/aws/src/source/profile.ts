import { execError, readIfThere, RotateError, invalid } from "@rotate/plugin-kit";
import { strangeAnswer } from "../fault.ts";
import { plainHeader } from "../ini/readers.ts";
import { scanIni, settingsOf } from "../ini/scan.ts";
import type { AwsContext } from "../options.ts";
import { environmentKey } from "./environment.ts";
import { keyFrom } from "./document.ts";
import { readTokenFile } from "./files.ts";
import { containerKey, instanceKey } from "./metadata.ts";
import { assumeFrom, keyOf } from "./role.ts";
import type { KeySource, Source } from "./types.ts";
import { splitWords } from "./words.ts";

type Settings = Readonly<Record<string, string>>;
/** The settings of all profiles, config and credentials file together: what stands in the credentials file counts. */
export type Profiles = ReadonlyMap<string, Settings>;

/** Absolute paths in place of what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say. */
export interface ProfileFiles {
  readonly configFile?: string | undefined;
  readonly credentialsFile?: string | undefined;
}

/** Reads both shared files anew. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
export async function readProfiles(files: ProfileFiles, ctx: AwsContext): Promise<Profiles> {
  const paths = profileFiles(files, ctx.env);
  const config = await readIfThere(ctx, paths.config);
  const credentials = await readIfThere(ctx, paths.credentials);
  const profiles = new Map<string, Settings>();
  for (const [header, settings] of sectionsOf(config)) {
    const name = plainHeader(header);
    const profile = name === "default" ? name : /^profile (.+)$/.exec(name)?.[1];
    if (profile !== undefined) profiles.set(profile, settings);
  }
  for (const [name, settings] of sectionsOf(credentials)) profiles.set(name, { ...profiles.get(name), ...settings });
  return profiles;
}

/** Where the two shared files are. */
export function profileFiles(
  { configFile, credentialsFile }: ProfileFiles,
  env: AwsContext["env"],
): { readonly config: string; readonly credentials: string } {
  const home = `${env["HOME"] ?? ""}/.aws`;
  return {
    config: configFile ?? (env["AWS_CONFIG_FILE"] || `${home}/config`),
    credentials: credentialsFile ?? (env["AWS_SHARED_CREDENTIALS_FILE"] || `${home}/credentials`),
  };
}

function sectionsOf(text: string | undefined): readonly (readonly [string, Settings])[] {
  const bytes = Buffer.from(text ?? "").toString("latin1");
  return scanIni(bytes).map((section) => [section.header, settingsOf(bytes, section)]);
}

/** The profile that is asked for by name, or by the environment. */
export function profileName(asked: string | undefined, env: AwsContext["env"]): string {
  return asked ?? (env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"] || "default");
}

/**
 * Logs in as a profile says: a role taken from another source, static keys, web identity, or a credential program. Undefined when it holds no
 * credentials. Throws NOT_FOUND when there is no such profile, INVALID for SSO, MFA and circles.
 */
export async function profileSource(
  name: string,
  { profiles, above = [] }: { readonly profiles: Profiles; readonly above?: readonly string[] },
  ctx: AwsContext,
): Promise<Source | undefined> {
  const settings = profiles.get(name) ?? noProfile(name, profiles);
  const source = await sourceOf({ name, settings, profiles, above }, ctx);
  return source && { ...source, region: settings["region"] ?? source.region };
}

interface Reading {
  readonly name: string;
  readonly settings: Settings;
  readonly profiles: Profiles;
  /** The profiles that led here. */
  readonly above: readonly string[];
}

async function sourceOf(reading: Reading, ctx: AwsContext): Promise<Source | undefined> {
  const { name, settings, above } = reading;
  const { role_arn: roleArn, web_identity_token_file: tokenFile, credential_process: program } = settings;
  const nested = settings["source_profile"] ?? settings["credential_source"];
  if (roleArn !== undefined && nested !== undefined && !above.includes(name)) return roleOf(reading, roleArn, ctx);
  const key = staticKey(name, settings, ctx);
  if (key !== undefined) return key;
  if (above.includes(name)) throw invalid(`profile ${name} takes its credentials from itself`, "break the circle");
  if (roleArn !== undefined && tokenFile !== undefined) {
    const token = ctx.secret(await readTokenFile(tokenFile, "web_identity_token_file", ctx), "identity token");
    const from = `profile ${name}`;
    return { kind: "identity", token, roleArn, sessionName: settings["role_session_name"], region: undefined, from };
  }
  if (program !== undefined) return programKey(name, program, ctx);
  return refuseInteractive(name, settings);
}

/** A role that another profile, or this machine's own credentials, may take. */
async function roleOf(
  { name, settings, profiles, above }: Reading,
  roleArn: string,
  ctx: AwsContext,
): Promise<KeySource> {
  if (settings["mfa_serial"] !== undefined) {
    throw invalid(
      `profile ${name} wants a second factor`,
      "leave mfa_serial out of the profile, and let the request ask: `mfa: { serialNumber, tokenCode }`",
    );
  }
  const { source_profile: parent, credential_source: machine } = settings;
  const source =
    parent === undefined
      ? await machineKey(machine ?? "", ctx)
      : await profileSource(parent, { profiles, above: [...above, name] }, ctx);
  if (source === undefined) {
    throw invalid(`profile ${name} finds no credentials in ${parent ?? machine}`, "complete the profile it names");
  }
  const key = await keyOf(source, ctx);
  const asked = {
    roleArn,
    sessionName: settings["role_session_name"],
    externalId: settings["external_id"],
    region: settings["region"],
    from: `profile ${name}`,
  };
  return assumeFrom(key, asked, ctx);
}

async function machineKey(kind: string, ctx: AwsContext): Promise<Source | undefined> {
  switch (kind) {
    case "Environment":
      return environmentKey(ctx);
    case "EcsContainer":
      return containerKey(ctx);
    case "Ec2InstanceMetadata":
      return instanceKey(ctx);
    default:
      throw invalid(
        `credential_source is ${kind}`,
        "it is Environment, EcsContainer or Ec2InstanceMetadata, with these capitals",
      );
  }
}

function staticKey(name: string, settings: Settings, ctx: AwsContext): KeySource | undefined {
  const { aws_access_key_id: id, aws_secret_access_key: secret } = settings;
  // The older name is all that some tools write, and all that botocore needs.
  const token = settings["aws_session_token"] ?? settings["aws_security_token"] ?? null;
  if (id === undefined && secret === undefined) return undefined;
  if (id !== undefined && secret !== undefined) {
    return keyFrom({ AccessKeyId: id, SecretAccessKey: secret, SessionToken: token }, `profile ${name}`, ctx);
  }
  throw invalid(`profile ${name} has half of a key`, "give both aws_access_key_id and aws_secret_access_key");
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
async function programKey(name: string, program: string, ctx: AwsContext): Promise<KeySource> {
  const answer = await ctx.exec(splitWords(program));
  const hint = `run it by hand: it is the credential_process of profile ${name}`;
  if (answer.exitCode !== 0) throw execError("the credential program failed", answer, { hint });
  return keyFrom(parseDocument(answer.stdout), `profile ${name}`, ctx);
}

function parseDocument(text: string): Parameters<typeof keyFrom>[0] {
  const found = parsed(text);
  const { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token, Expiration: end, Version: version } = found;
  if (version !== 1) throw strangeAnswer("the credential program did not print JSON of version 1");
  if (typeof id !== "string" || typeof secret !== "string")
    throw strangeAnswer("the credential program printed no key");
  return {
    AccessKeyId: id,
    SecretAccessKey: secret,
    SessionToken: typeof token === "string" ? token : null,
    Expiration: typeof end === "string" ? end : null,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function refuseInteractive(name: string, settings: Settings): undefined {
  if (!Object.keys(settings).some((key) => key.startsWith("sso_") || key === "login_session")) return undefined;
  throw invalid(
    `profile ${name} logs in by SSO, which needs a person`,
    `name a profile whose credential_process is \`aws configure export-credentials --profile ${name}\``,
  );
}

function noProfile(name: string, profiles: Profiles): never {
  const known = [...profiles.keys()].join(", ");
  throw new RotateError(`there is no profile ${name}`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: known === "" ? "the shared config and credentials files hold none" : `there are: ${known}`,
  });
}
