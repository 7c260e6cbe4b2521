export { githubFaults, primaryLimit as githubRateLimit } from "./answers.ts";
export { createGithubDouble } from "./double.ts";
export type { GithubDouble, GithubDoubleOptions, Installation, InstallationToken } from "./types.ts";
export type { ActionsSecret, SecretPlace } from "./secret-store.ts";
