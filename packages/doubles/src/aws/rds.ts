import type { Account } from "./account.ts";
import { AwsRefusal } from "./refusal.ts";
import { canonicalQuery, liveKey, parseDate, refuseExpired, same, sha256, sign } from "./sigv4.ts";
import type { AwsDouble } from "./types.ts";

/** Longest life of a database token, ms. */
const longest = 900_000;

/** What a database with IAM authentication does with a password: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html */
export function createDatabase(account: Account): AwsDouble["judgeRdsToken"] {
  return ({ host, port, username, token }) => {
    if (!URL.canParse(`https://${token}`)) return "the password is no URL";
    const { searchParams, host: named } = new URL(`https://${token}`);
    if (named !== `${host}:${port}`) return "the password is for another host";
    if (searchParams.get("Action") !== "connect") return "the action is not connect";
    if (searchParams.get("DBUser") !== username) return "the password is for another user";
    if (!(account.options.databaseUsers ?? []).includes(username)) return "the user has no rds_iam";
    return judgeSignature(searchParams, named, account);
  };
}

function judgeSignature(query: URLSearchParams, host: string, account: Account): string {
  const [keyId = "", day = "", region = "", service = ""] = (query.get("X-Amz-Credential") ?? "").split("/");
  const at = query.get("X-Amz-Date") ?? "";
  const life = Number(query.get("X-Amz-Expires")) * 1000;
  const age = account.now() - (parseDate(at) ?? Number.NaN);
  if (service !== "rds-db" || region !== account.region) return "signed for another service or region";
  if (!(life > 0 && life <= longest && age >= -300_000)) return "the dates of the signature make no sense";
  if (age >= life) return "the password is over";
  try {
    const key = liveKey(keyId, query.get("X-Amz-Security-Token") ?? undefined, account);
    refuseExpired(key, account.now());
    const unsigned = new URLSearchParams([...query].filter(([name]) => name !== "X-Amz-Signature"));
    const signedHeaders = (query.get("X-Amz-SignedHeaders") ?? "").split(";");
    const wanted = sign(
      { method: "GET", path: "/", headers: { host } },
      { day, at, region, service, signedHeaders, query: canonicalQuery(unsigned) },
      { key, bodyHash: sha256("") },
    );
    return same(query.get("X-Amz-Signature") ?? "", wanted) ? "accepted" : "the signature is wrong";
  } catch (error) {
    if (error instanceof AwsRefusal) return error.message;
    throw error;
  }
}
