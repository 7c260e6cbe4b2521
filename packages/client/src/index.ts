/** For applications: the credential to be used now, from the running `rotate watch`, asked for at each connection instead of once at the start. */
export type { Credential } from "./credential.ts";
export type { CredentialEngine } from "./engine-source.ts";
export { openCredentials, type Credentials, type CredentialsOptions } from "./open-credentials.ts";
