import { invalid, type Secret } from "@rotate/plugin-kit";
import { claimsOf, tokenFault } from "@rotate/plugin-kit/tokens";

/**
 * A control-plane token as it came from its source. A JWT is refused: personal access tokens start with `dapi`, and the JWT most often found
 * under such a name (DATABRICKS_TOKEN) is the database credential that a rotation has written there. Throws INVALID.
 */
export function checkPersonalAccessToken(token: Secret): Secret {
  const text = checkOneWord(token, "the personal access token").reveal();
  if (text.startsWith("dose")) {
    throw invalid(
      "the personal access token is an OAuth secret",
      "use auth.method oauth-m2m, with clientId and clientSecret",
    );
  }
  const claims = claimsOf(text);
  if (claims === undefined) return token;
  if ("scope" in claims) {
    throw invalid(
      "the personal access token is an OAuth access token, which dies within the hour",
      "let auth.method oauth-m2m or databricks-cli fetch such tokens, or name a token that starts with dapi",
    );
  }
  throw invalid(
    "the personal access token is a JWT: it looks like the database credential that is written by this rotation",
    "write the credential under another name (LAKEBASE_PASSWORD), and keep a token that starts with dapi where auth.token points",
  );
}

/**
 * An identity token for the exchange: a JWT of another issuer. One that the workspace itself has issued is most likely the database credential
 * that a rotation has written. Throws INVALID.
 */
export function checkIdentityToken(token: Secret, origin: string): Secret {
  const claims = claimsOf(checkOneWord(token, "the identity token").reveal());
  if (claims === undefined)
    throw invalid("the identity token is no JWT", "auth.token must lead to the token that your issuer signed");
  if (!isFrom(claims["iss"], origin)) return token;
  throw invalid(
    "the identity token was issued by the workspace itself: it looks like the database credential that is written by this rotation",
    "write the credential elsewhere, and let auth.token lead to a token of an issuer that the workspace trusts",
  );
}

/** The secret of a service principal: never a JWT. Throws INVALID. */
export function checkClientSecret(secret: Secret): Secret {
  const text = checkOneWord(secret, "the client secret").reveal();
  if (claimsOf(text) === undefined && !text.startsWith("dapi")) return secret;
  throw invalid(
    `the client secret is a ${text.startsWith("dapi") ? "personal access token" : "JWT"}`,
    "auth.clientSecret must lead to an OAuth secret of the service principal, which starts with dose",
  );
}

/** One word of visible ASCII, as every token is. Throws INVALID. */
function checkOneWord(secret: Secret, what: string): Secret {
  const fault = tokenFault(secret.reveal());
  if (fault === undefined) return secret;
  throw invalid(`${what} ${fault}`, "read it again from where it was made, as one line");
}

function isFrom(issuer: unknown, origin: string): boolean {
  return typeof issuer === "string" && URL.canParse(issuer) && new URL(issuer).origin === origin;
}
