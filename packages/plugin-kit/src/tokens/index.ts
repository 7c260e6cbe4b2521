/** What providers of tokens share: signing to prove who we are, looking at the tokens of others, the identity of a CI job. */
export { claimsOf, endOfJwt, isThisMachine, narrowed, secured, tokenFault } from "./checks.ts";
export { clockHint } from "./clock-hint.ts";
export { githubIdentity } from "./github-identity.ts";
export { type JwtParts, signJwt } from "./sign-jwt.ts";
export { type JwtAlgorithm, readSigningKey, type SigningKey } from "./signing-key.ts";
export { type AwsKey, type AwsScope, presignGet, signPost } from "./sigv4.ts";
export { oneLine, webPage } from "./web-page.ts";
