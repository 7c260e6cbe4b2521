/** What sinks of secret stores share: where the values of a rotation stand inside one secret, and what is refused of it. */
export {
  asValues,
  checkKeys,
  documentFormat,
  documentKeys,
  placedIn,
  readFrom,
  wholeKey,
  wholeValue,
  type Format,
} from "./document.ts";
export { caseless } from "./caseless.ts";
export { absentSecret, changedMeanwhile, checkSize } from "./faults.ts";
export { tellOwner, tellRisk, tellTakeOver } from "./risks.ts";
