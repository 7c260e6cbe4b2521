/** What the files and directories say that a spec stands on or writes to. */
import { lstatSync, statfsSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { commandLine } from "@rotate/plugin-kit";
import { leftOversIn } from "@rotate/plugin-kit/files";
import { distrust } from "@rotate/runtime";
import { writtenPaths } from "../loading/roots/endangered.ts";
import { orAbsent } from "../loading/roots/real-place.ts";
import { rootsOf } from "../loading/roots/roots.ts";
import type { RootWorld } from "../loading/roots/world.ts";
import type { Spec } from "../loading/model.ts";
import type { Finding } from "./finding.ts";

/** Who asks. */
export interface User {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** What the spec stands on and others can write: who can, does with rotate's rights what they like. The state is looked at where it is opened. */
export function rootFindings(spec: Spec, world: Pick<RootWorld, "env">, user: User): readonly Finding[] {
  const paths = new Set(rootsOf(spec, { ...world, own: () => [] }).map(({ path }) => path));
  const directories = new Set([...paths].flatMap(ancestorsOf));
  return [
    ...[...paths].flatMap((path) => writableFile(path, user)),
    ...[...directories].flatMap((path) => writableDirectory(path)),
  ];
}

function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestorsOf(parent)];
}

function writableFile(path: string, { uid, gid }: User): readonly Finding[] {
  const stats = orAbsent(() => statSync(path, { throwIfNoEntry: false }));
  if (stats === undefined || stats.isDirectory() || stats.isCharacterDevice() || stats.isSocket()) return [];
  const asRoot = distrust(path, stats, uid);
  if (asRoot !== undefined) return [writable(path, { ...asRoot, hint: asRoot.hint })];
  if (uid !== undefined && stats.uid !== uid && stats.uid !== 0)
    return [
      writable(path, {
        message: `uid ${stats.uid} owns what rotate stands on, and can write anything there`,
        hint: `\`${commandLine("chown", String(uid), path)}\` as root, once you have looked at what is in it`,
      }),
    ];
  const isOpen = (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && stats.gid !== gid && stats.gid !== 0);
  return isOpen ? [writable(path, { message: "others can write what rotate stands on", hint: takeAway(path) })] : [];
}

function writableDirectory(path: string): readonly Finding[] {
  const stats: Stats | undefined = orAbsent(() => lstatSync(path, { throwIfNoEntry: false }));
  const isOpen = stats?.isDirectory() === true && (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0;
  return isOpen
    ? [writable(path, { message: "everybody can replace what rotate stands on", hint: takeAway(path) })]
    : [];
}

function takeAway(path: string): string {
  return `\`${commandLine("chmod", "go-w", path)}\`, once you have looked at what is in it`;
}

function writable(path: string, { message, hint }: { readonly message: string; readonly hint: string }): Finding {
  return { code: "ROTATE_RISK_WRITABLE", severity: "error", about: path, message, remedy: hint };
}

/** The directories that the spec writes files in. */
function directoriesOf(spec: Spec): readonly string[] {
  return [...new Set(writtenPaths(spec).map((path) => dirname(path)))];
}

/** Temporary files beside the targets that a process left behind when it was killed. */
export async function leftOverFindings(spec: Spec, now: number): Promise<readonly Finding[]> {
  const left = await Promise.all(directoriesOf(spec).map((directory) => leftOversIn(directory, now)));
  return left.flat().map((path) => ({
    code: "ROTATE_RISK_LEFT_OVER",
    severity: "warning",
    about: path,
    message: "a process was killed and left this temporary file: it holds a credential",
    remedy: `\`${commandLine("rm", "--", path)}\``,
  }));
}

/** Bytes: what state and credentials of a large spec take, and room to breathe. */
const leastFree = 16 * 1024 * 1024;

/** File systems on which there is hardly any room for the state or a credential. @param state where the state is, or will be */
export function spaceFindings(spec: Spec, state: string): readonly Finding[] {
  const directories = [state, ...directoriesOf(spec)].map(existing);
  const bySystem = new Map(directories.map((path) => [orAbsent(() => statSync(path).dev), path]));
  return [...bySystem.values()].flatMap((path) => {
    const found = orAbsent(() => statfsSync(path));
    if (found === undefined) return [];
    const free = found.bavail * found.bsize;
    const lacksNames = found.files > 0 && found.ffree < 100;
    if (free >= leastFree && !lacksNames) return [];
    const what = lacksNames ? "hardly any files can be made" : `${Math.floor(free / 1024)} KiB are free`;
    return [
      {
        code: "ROTATE_RISK_DISK",
        severity: "warning",
        about: path,
        message: `on the disk of ${path} ${what}: a rotation that cannot be written is not begun`,
        remedy: `make room: \`${commandLine("df", "-h", path)}\` and \`${commandLine("df", "-i", path)}\` tell how it stands`,
      },
    ];
  });
}

function existing(path: string): string {
  return path === dirname(path) || orAbsent(() => statSync(path, { throwIfNoEntry: false })) !== undefined
    ? path
    : existing(dirname(path));
}
