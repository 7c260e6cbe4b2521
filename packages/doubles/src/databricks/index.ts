export { databricksFaults } from "./answers.ts";
export { installDatabricksCli, type DatabricksCliOptions } from "./cli/install.ts";
export { createDatabricksDouble } from "./double.ts";
export { createGithubOidcDouble, type GithubOidcDouble } from "./github-oidc.ts";
export type { DatabaseToken, DatabricksDouble, DatabricksDoubleOptions, Mint as DatabricksMint } from "./types.ts";
