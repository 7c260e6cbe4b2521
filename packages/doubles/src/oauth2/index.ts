export { createOAuth2Double } from "./double.ts";
export type { GrantType, OAuth2Client, OAuth2Double, OAuth2DoubleOptions, OAuth2Issue } from "./types.ts";
