import type { Account } from "./account.ts";
import { checkNames, checkText, readLife, type Form } from "./form.ts";
import { refuse } from "./refusal.ts";
import { denied, readPacked, type Packed } from "./session-limits.ts";
import type { AwsKey, AwsRole } from "./types.ts";
import type { Elements } from "./xml.ts";

const hour = 3_600_000;
const sessionName = { pattern: /^[\w+=,.@-]*$/, min: 2, max: 64 } as const;

/** Parameters of every action that assumes a role. */
export function checkRoleNames(form: Form): void {
  checkText(form, "RoleArn", { min: 20, max: 2048, required: true });
  checkText(form, "RoleSessionName", { ...sessionName, required: true });
  const { RoleArn: arn = "" } = form;
  if (!/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)) refuse(400, "ValidationError", `${arn} is invalid`);
}

/** The life that is given, ms, within what the role allows. */
export function roleLife(form: Form, role: AwsRole): number {
  const life = readLife(form, { max: 43_200, standard: 3600 });
  if (life > (role.maxSessionDuration ?? hour)) {
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    refuse(400, "ValidationError", message);
  }
  return life;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(form: Form, key: AwsKey, account: Account): Elements {
  checkNames(form, [
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "ExternalId",
    "Policy",
    "PolicyArns",
    "Tags",
    "TransitiveTagKeys",
    "SourceIdentity",
    "SerialNumber",
    "TokenCode",
  ]);
  checkRoleNames(form);
  checkText(form, "ExternalId", { pattern: /^[\w+=,.@:/-]*$/, min: 2, max: 1224 });
  checkText(form, "SourceIdentity", sessionName);
  checkText(form, "SerialNumber", { pattern: /^[\w+=/:,.@-]*$/, min: 9, max: 256 });
  checkText(form, "TokenCode", { pattern: /^[\d]*$/, min: 6, max: 6 });
  const role = trustingRole(form, key, account);
  const life = roleLife(form, role);
  if (key.expiresAt !== undefined && life > hour) {
    const message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    refuse(400, "ValidationError", message);
  }
  const packed = readPacked(form, key.principal, role);
  checkSourceIdentity(form, key, role);
  if (form["TokenCode"] !== undefined) {
    account.spendCode(key.principal.user, form["SerialNumber"] ?? "", form["TokenCode"]);
  }
  return issueRole({ form, role, life, packed, action: "AssumeRole" }, account, key);
}

/** The role, if it trusts the caller. What does not exist is refused like what is not allowed. */
function trustingRole(form: Form, { principal }: AwsKey, account: Account): AwsRole {
  const { RoleArn: arn = "", ExternalId: externalId, TokenCode: code } = form;
  const role = account.roleOf(arn);
  const { principals = ["*"] } = role ?? {};
  const trusted = principals.some((pattern) =>
    pattern.endsWith("*") ? principal.arn.startsWith(pattern.slice(0, -1)) : principal.arn === pattern,
  );
  const second = role?.mfa !== true || principal.mfa || code !== undefined;
  if (role !== undefined && role.web === undefined && trusted && second && role.externalId === externalId) return role;
  const message = `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
  return refuse(403, "AccessDenied", message);
}

function checkSourceIdentity(form: Form, { principal }: AwsKey, role: AwsRole): void {
  const { SourceIdentity: wanted } = form;
  if (wanted === undefined) return;
  if (wanted.toLowerCase().startsWith("aws:")) {
    refuse(400, "ValidationError", `Value '${wanted}' at 'sourceIdentity' must not begin with aws:`);
  }
  if (role.setSourceIdentity === false) denied("sts:SetSourceIdentity", role.name);
  if (principal.sourceIdentity !== undefined && principal.sourceIdentity !== wanted) {
    denied("sts:SetSourceIdentity", role.name);
  }
}

interface Assumed {
  readonly action: string;
  readonly form: Form;
  readonly role: AwsRole;
  /** ms */
  readonly life: number;
  readonly packed: Packed;
}

/** A session of a role, issued. */
export function issueRole({ action, form, role, life, packed }: Assumed, account: Account, by?: AwsKey): Elements {
  const { RoleSessionName: session = "" } = form;
  const arn = `arn:aws:sts::${account.id}:assumed-role/${role.name.split("/").at(-1)}/${session}`;
  const userId = `AROA${role.name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, "")
    .padEnd(17, "X")
    .slice(0, 17)}:${session}`;
  const sourceIdentity = form["SourceIdentity"] ?? by?.principal.sourceIdentity;
  const transitive = packed.transitive.map((key) => [key, packed.tags[key] ?? ""]);
  const key = account.issue({
    action,
    life,
    parameters: shownParameters(form),
    principal: {
      arn,
      userId,
      kind: "role",
      mfa: form["TokenCode"] !== undefined || by?.principal.mfa === true,
      transitiveTags: { ...by?.principal.transitiveTags, ...Object.fromEntries(transitive) },
      ...(sourceIdentity !== undefined && { sourceIdentity }),
    },
  });
  return {
    Credentials: credentialElements(key, account),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    PackedPolicySize: packed.size,
    SourceIdentity: sourceIdentity,
  };
}

/** What the log of mints shows. */
export function shownParameters(form: Form): Readonly<Record<string, string>> {
  const secret = ["WebIdentityToken", "TokenCode"];
  return Object.fromEntries(Object.entries(form).filter(([name]) => !secret.includes(name)));
}

/** `Credentials` of an answer. */
export function credentialElements(key: AwsKey & { readonly expiresAt: number }, { options }: Account): Elements {
  const iso = new Date(key.expiresAt).toISOString();
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken,
    Expiration: options.fractionalExpiration ? iso.replace("Z", "000Z") : iso.replace(".000Z", "Z"),
  };
}
