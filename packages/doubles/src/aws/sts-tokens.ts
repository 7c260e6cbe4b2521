import type { Account } from "./account.ts";
import { checkNames, checkText, readLife, type Form } from "./form.ts";
import { readPacked } from "./session-limits.ts";
import { credentialElements, shownParameters } from "./sts-assume-role.ts";
import type { AwsKey } from "./types.ts";
import type { Elements } from "./xml.ts";

const lives = { max: 129_600, standard: 43_200 } as const;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export function getSessionToken(form: Form, { principal }: AwsKey, account: Account): Elements {
  checkNames(form, ["DurationSeconds", "SerialNumber", "TokenCode"]);
  checkText(form, "SerialNumber", { pattern: /^[\w+=/:,.@-]*$/, min: 9, max: 256 });
  checkText(form, "TokenCode", { pattern: /^[\d]*$/, min: 6, max: 6 });
  const life = readLife(form, lives);
  const code = form["TokenCode"];
  if (code !== undefined) account.spendCode(principal.user, form["SerialNumber"] ?? "", code);
  const key = account.issue({
    action: "GetSessionToken",
    life,
    parameters: shownParameters(form),
    principal: { ...principal, kind: "session", mfa: code !== undefined },
  });
  return { Credentials: credentialElements(key, account) };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
export function getFederationToken(form: Form, { principal }: AwsKey, account: Account): Elements {
  checkNames(form, ["Name", "DurationSeconds", "Policy", "PolicyArns", "Tags"]);
  checkText(form, "Name", { pattern: /^[\w+=,.@-]*$/, min: 2, max: 32, required: true });
  const packed = readPacked(form, principal);
  const life = readLife(form, lives);
  const { Name: name = "" } = form;
  const arn = `arn:aws:sts::${account.id}:federated-user/${name}`;
  const userId = `${account.id}:${name}`;
  const key = account.issue({
    action: "GetFederationToken",
    life,
    parameters: shownParameters(form),
    principal: { arn, userId, kind: "federated", mfa: false, transitiveTags: packed.tags },
  });
  return {
    Credentials: credentialElements(key, account),
    FederatedUser: { FederatedUserId: userId, Arn: arn },
    PackedPolicySize: packed.size ?? 0,
  };
}
