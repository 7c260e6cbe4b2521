import { type AskedAccess, wantedAccess } from "./access.ts";
import { modelOf } from "./attributes.ts";
import { childPath, type Directory } from "./directory.ts";
import type { FileOptions, FileTools } from "./options.ts";
import { overwrite, putInPlace, repairAccess, takeAway } from "./publish.ts";
import type { Steps } from "./prepare.ts";
import { guardDirectory } from "./rules.ts";
import { type Access, look, type Place, sameAccess, type Snapshot } from "./target.ts";
import { discard } from "./temporary.ts";
import { validateStaged } from "./validate.ts";
import { type Draft, type Staged, stageBytes } from "./write.ts";

/** A target, a file or a set of files, how it may be written, and what helps in it. */
export interface Site {
  readonly place: Place;
  readonly options: Partial<FileOptions>;
  readonly asked: AskedAccess;
  readonly tools: FileTools;
}

/** From the file's bytes (undefined: it does not exist) to all that it shall hold. Pure: it is run again when somebody else changed the file. */
export type Edit<Content = Buffer> = (before: Buffer | undefined) => Content;

/** What has to be done to a target that stands as `before`. */
export type Change =
  | { readonly kind: "none"; readonly before: Snapshot | undefined; readonly content: Buffer | undefined }
  | { readonly kind: "access"; readonly before: Snapshot; readonly content: Buffer; readonly wanted: Access }
  | { readonly kind: "remove"; readonly before: Snapshot; readonly content: undefined }
  | { readonly kind: "overwrite"; readonly before: Snapshot; readonly content: Buffer; readonly wanted: Access }
  | {
      readonly kind: "rename";
      readonly before: Snapshot | undefined;
      readonly content: Buffer;
      readonly staged: Staged;
    };

interface How {
  /** Undefined: the file shall not exist. */
  readonly edit: Edit<Buffer | undefined>;
  readonly askedOf: (now: Snapshot | undefined) => AskedAccess;
}

/** Does all but the change itself: looks, edits, stages, validates. Throws a RotateError and leaves nothing behind. */
async function workOut(directory: Directory, site: Site, { edit, askedOf }: How): Promise<Change> {
  const inPlace = site.options.write === "in-place";
  const before = look(directory, site.place.name, { manyNames: inPlace });
  const asked = askedOf(before);
  guardDirectory(directory, before, asked);
  const content = edit(before?.bytes);
  if (content === undefined)
    return before === undefined ? { kind: "none", before, content } : { kind: "remove", before, content };
  const wanted = wantedAccess(asked, before);
  if (before?.bytes.equals(content)) {
    return sameAccess(before, wanted) ? { kind: "none", before, content } : { kind: "access", before, content, wanted };
  }
  if (before !== undefined && inPlace) {
    await tryValidate(directory, site, { content, wanted });
    return { kind: "overwrite", before, content, wanted };
  }
  const like = await modelOf(before, { path: site.place.path, tools: site.tools });
  const draft = { content, wanted, like };
  return { kind: "rename", before, content, staged: await stageValid(directory, site, draft) };
}

/** An in-place write stages nothing of its own: only a `validate` command needs a file to look at. */
async function tryValidate(directory: Directory, site: Site, draft: Draft): Promise<void> {
  if (site.options.validate === undefined) return;
  const { name } = await stageValid(directory, site, draft);
  await discard(directory, name);
}

async function stageValid(directory: Directory, { options, tools }: Site, draft: Draft): Promise<Staged> {
  const staged = await stageBytes(directory, draft, tools);
  try {
    await validateStaged(childPath(directory, staged.name), options, tools);
    return staged;
  } catch (error) {
    await discard(directory, staged.name);
    throw error;
  }
}

/** Removes what `workOut` staged. */
async function drop(directory: Directory, change: Change): Promise<void> {
  if (change.kind === "rename") await discard(directory, change.staged.name);
}

/** The steps for one file. `edit`: undefined takes the file away. `askedOf`: who may read it, by what stands there; absent: as the site says. */
export function fileSteps(site: Site, edit: How["edit"], askedOf: How["askedOf"] = () => site.asked): Steps<Change> {
  return {
    path: site.place.path,
    workOut: (directory) => workOut(directory, site, { edit, askedOf }),
    apply: (directory, change) => apply(directory, site, change),
    drop,
  };
}

async function apply(directory: Directory, { place, tools }: Site, change: Change): Promise<boolean> {
  const expected = { directory, name: place.name, before: change.before };
  if (change.kind === "none") return true;
  if (change.kind === "access") return repairAccess(expected, change.wanted, tools);
  if (change.kind === "remove") return takeAway(expected);
  if (change.kind === "overwrite") return overwrite(expected, change, tools);
  return putInPlace(expected, change.staged);
}
