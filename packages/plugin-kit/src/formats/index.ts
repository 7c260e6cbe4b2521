/** A credential in the words of programs that ask for one: printed by `rotate credential`, given by the endpoint `http`. */
export { dockerList, dockerUnknown, isSameRegistry } from "./docker.ts";
export {
  credentialFormats,
  neededFields,
  plainFormats,
  printAsked,
  printCredential,
  type CredentialFormat,
  type PrintableCredential,
  type PrintOptions,
} from "./formats.ts";
export { isForHost, readGitQuestion } from "./git.ts";
