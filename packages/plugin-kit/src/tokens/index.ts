/** What providers of tokens share: signing a JWT to prove who we are, looking at the tokens of others, the identity of a CI job. */
export { claimsOf, endOfJwt, secured, tokenFault } from "./checks.ts";
export { clockHint } from "./clock-hint.ts";
export { githubIdentity } from "./github-identity.ts";
export { type JwtParts, type RsaKey, readRsaKey, signJwt } from "./sign-jwt.ts";
export { oneLine, webPage } from "./web-page.ts";
