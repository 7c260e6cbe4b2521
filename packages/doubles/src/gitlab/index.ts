export { createGitlabDouble } from "./double.ts";
export type { GitlabDouble, GitlabDoubleOptions, GitlabToken, GitlabVariable } from "./types.ts";
