/** What sinks of secret stores share: where the values of a rotation stand inside one secret. */
export { checkKeys, documentFormat, documentKeys, holdsAll, placedIn, readFrom, type Format } from "./document.ts";
