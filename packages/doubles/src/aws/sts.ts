import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import type { Account } from "./account.ts";
import { readForm, type Form } from "./form.ts";
import { refuse } from "./refusal.ts";
import { verifyRequest } from "./sigv4.ts";
import { assumeRole } from "./sts-assume-role.ts";
import { getFederationToken, getSessionToken } from "./sts-tokens.ts";
import { assumeRoleWithWebIdentity } from "./sts-web-identity.ts";
import type { AwsKey } from "./types.ts";
import { success, type Elements } from "./xml.ts";

type Signed = (form: Form, key: AwsKey, account: Account) => Elements;

const signed: Readonly<Record<string, Signed>> = {
  AssumeRole: assumeRole,
  GetSessionToken: getSessionToken,
  GetFederationToken: getFederationToken,
  GetCallerIdentity: (_form, { principal }, { id }) => ({ Arn: principal.arn, UserId: principal.userId, Account: id }),
};

/** The Query protocol of STS: one POST to `/`, form in, XML out. Throws AwsRefusal. */
export async function serveSts(
  request: DoubleRequest,
  account: Account,
  done: (action: string) => void,
): Promise<DoubleAnswer> {
  const form = readForm(request.body);
  const { Action: action = "", Version: version } = form;
  if (action === "") refuse(400, "MissingAction", "must contain the parameter Action");
  if (version !== "2011-06-15") {
    refuse(400, "NoSuchVersion", `The requested version (${version ?? ""}) is not valid.`);
  }
  const result = await resultOf(request, form, account);
  done(action);
  return success(action, result);
}

function resultOf(request: DoubleRequest, form: Form, account: Account): Promise<Elements> | Elements {
  const { Action: action = "" } = form;
  if (action === "AssumeRoleWithWebIdentity") return assumeRoleWithWebIdentity(form, account);
  const serve = Object.hasOwn(signed, action) ? signed[action] : undefined;
  if (serve === undefined) {
    return refuse(400, "InvalidAction", `Could not find operation ${action} for version 2011-06-15`);
  }
  const key = verifyRequest(request, {
    now: account.now(),
    region: account.region,
    service: "sts",
    find: account.find,
  });
  refuseDenied(action, key);
  return serve(form, key, account);
}

/** No permissions are needed for it, and none can be taken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const alwaysAllowed = "GetCallerIdentity";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html */
function refuseDenied(action: string, { principal, expiresAt }: AwsKey): void {
  const temporary = expiresAt !== undefined;
  const forLongTerm = action === "GetSessionToken" || action === "GetFederationToken";
  const forSome = action === "AssumeRole" && principal.kind === "federated";
  if ((temporary && forLongTerm) || forSome) {
    refuse(403, "AccessDenied", `Cannot call ${action} with session credentials`);
  }
  if (action !== alwaysAllowed && principal.user?.denied?.includes(action)) {
    refuse(403, "AccessDenied", `User: ${principal.arn} is not authorized to perform: sts:${action}`);
  }
}
