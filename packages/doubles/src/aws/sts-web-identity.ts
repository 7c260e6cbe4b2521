import { decodeJwt, errors, importJWK, jwtVerify, type JWTPayload } from "jose";
import type { Account } from "./account.ts";
import { checkNames, checkText, type Form } from "./form.ts";
import { refuse } from "./refusal.ts";
import { readPacked } from "./session-limits.ts";
import { checkRoleNames, issueRole, roleLife } from "./sts-assume-role.ts";
import type { AwsRole } from "./types.ts";
import type { Elements } from "./xml.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: not signed, the JWT is the proof. */
export async function assumeRoleWithWebIdentity(form: Form, account: Account): Promise<Elements> {
  checkNames(form, ["RoleArn", "RoleSessionName", "WebIdentityToken", "DurationSeconds", "Policy", "PolicyArns"]);
  checkRoleNames(form);
  checkText(form, "WebIdentityToken", { min: 4, max: 20_000, required: true });
  const claims = await verifyToken(form["WebIdentityToken"] ?? "", account);
  const role = trustingRole(form, claims, account);
  const life = roleLife(form, role);
  const packed = readPacked(form, undefined);
  const issued = issueRole({ action: "AssumeRoleWithWebIdentity", form, role, life, packed }, account);
  return {
    ...issued,
    SubjectFromWebIdentityToken: claims.sub,
    Provider: `arn:aws:iam::${account.id}:oidc-provider/${String(claims.iss).replace(/^https?:\/\//, "")}`,
    Audience: String(claims.aud),
  };
}

async function verifyToken(token: string, { options, now }: Account): Promise<JWTPayload> {
  const issuer = issuerOf(token);
  const provider = (options.identityProviders ?? []).find((each) => each.issuer === issuer);
  if (provider === undefined) {
    return refuse(400, "InvalidIdentityToken", `No OpenIDConnect provider found in your account for ${issuer}`);
  }
  try {
    const { payload } = await jwtVerify(token, await importJWK(provider.key), {
      issuer,
      audience: [...provider.audiences],
      algorithms: ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
      requiredClaims: ["sub", "exp", "iat"],
      currentDate: new Date(now()),
    });
    return payload;
  } catch (error) {
    return refuseToken(error, Math.floor(now() / 1000));
  }
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? "";
  } catch {
    return refuse(
      400,
      "InvalidIdentityToken",
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
}

function refuseToken(error: unknown, now: number): never {
  if (error instanceof errors.JWTExpired) {
    const message = `Token expired: current date/time ${now} must be before the expiration date/time ${String(error.payload.exp)}`;
    return refuse(400, "ExpiredTokenException", message);
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
    return refuse(400, "InvalidIdentityToken", "Incorrect token audience");
  }
  return refuse(
    400,
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
}

function trustingRole(form: Form, claims: JWTPayload, account: Account): AwsRole {
  const role = account.roleOf(form["RoleArn"] ?? "");
  const { web } = role ?? {};
  const audiences = [claims.aud].flat();
  const fits = web?.issuer === claims.iss && web?.subject === claims.sub && audiences.includes(web?.audience ?? "");
  if (role !== undefined && web !== undefined && fits) return role;
  return refuse(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
}
