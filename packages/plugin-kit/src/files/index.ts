/**
 * Files that hold secrets: written so that no crash, full disk, race or planted link leaves a consumer without a whole, good credential.
 * A file sink is an edit function and four calls: `checkFile` in `check`, `stageFile` in `prepare`, `readTarget` in `read`, `tidyFile` in `tidy`; `stampOfFile` in `stamp` saves reads.
 */
export { askedAccess, type AskedAccess } from "./access.ts";
export {
  defineFileSink,
  type FileSinkDefinition,
  type FileSinkOptions,
  fileSinkSchema,
  likelyValues,
} from "./file-sink.ts";
export { checkFile, type CheckOptions } from "./check.ts";
export {
  accessOptions,
  type AccessOptions,
  fileOptions,
  type FileOptions,
  filePath,
  type FileTools,
} from "./options.ts";
export { checkSet, type CheckSetOptions, readSet, type SetOptions, stageSet, tidySet } from "./set.ts";
export type { Edit } from "./change.ts";
export { type Revert, stageFile, type StageOptions, tidyFile, type Versions } from "./stage.ts";
export { stampOfFile } from "./stamp.ts";
export { readTarget } from "./target.ts";
export { leftOversIn } from "./temporary.ts";
