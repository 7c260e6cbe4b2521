/**
 * Files that hold secrets: written so that no crash, full disk, race or planted link leaves a consumer without a whole, good credential.
 * A file sink is an edit function and three calls: `checkFile` in `check`, `stageFile` in `prepare`, `readTarget` in `read`.
 */
export { checkFile, type CheckOptions } from "./check.ts";
export {
  accessOptions,
  type AccessOptions,
  fileOptions,
  type FileOptions,
  filePath,
  type FileTools,
} from "./options.ts";
export { checkSet, readSet, type SetOptions, stageSet } from "./set.ts";
export { type Edit, type Revert, stageFile, type StageOptions, type Versions } from "./stage.ts";
export { readTarget } from "./target.ts";
