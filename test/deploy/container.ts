/** The container as its definition says it is, where no container engine runs: its file system, its user, its words, in a name space of its own. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layContainerRoot } from "../../packages/cli/scripts/container-root.ts";
import { buildExecutable } from "../../packages/cli/scripts/executable.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root as checkout } from "../support/workspace.ts";

/**
 * Runs the words ($3…) as a user ($2) in a root ($1) that is read-only but for what the image lets the user write, with /proc and /dev as an engine mounts them,
 * as process 1, without a way to more rights.
 */
const enter = `
root=$1 user=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
for path in var/lib/rotate run/credentials tmp; do mount --bind "$root/$path" "$root/$path"; done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" "$@"
`;

/** Why it cannot be tried here; undefined when it can. */
export const lacking: string | undefined =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux"
    : spawnSync("unshare", ["--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0
      ? undefined
      : "needs name spaces";

/** What the definition says, as an engine reads it. */
export interface Definition {
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly health: readonly string[];
}

/** Reads docs/deploy/container/Dockerfile. */
export function definition(): Definition {
  const text = readFileSync(join(checkout, "docs/deploy/container/Dockerfile"), "utf8");
  const [, last = ""] = text.split(/^FROM scratch$/m);
  const said = (pattern: RegExp): string => pattern.exec(last)?.[1] ?? "";
  const words = (pattern: RegExp): readonly string[] => JSON.parse(said(pattern)) as readonly string[];
  return {
    user: said(/^USER (.+)$/m),
    env: Object.fromEntries([...last.matchAll(/^ENV (\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value])),
    entrypoint: words(/^ENTRYPOINT (.+)$/m),
    command: words(/^CMD (.+)$/m),
    health: words(/^HEALTHCHECK .*CMD (.+)$/m),
  };
}

/** One file of the packed package and this Node, in a folder that the caller removes. */
export function executableIn(folder: string): string {
  const output = join(folder, "rotate");
  buildExecutable({ from: packedCommandLine().installed, node: process.execPath, output });
  return output;
}

export interface Container {
  readonly root: string;
  /** Starts these words in it, as an engine starts the entry point. */
  start(argv: readonly string[]): ChildProcess;
  remove(): void;
}

/** Lays the root out, with a spec that needs nothing else. */
export function layOutContainer(executable: string, spec: string): Container {
  const { user, env } = definition();
  const root = mkdtempSync(join(tmpdir(), "rotate-container-"));
  chmodSync(root, 0o755);
  layContainerRoot(root, executable);
  for (const point of ["proc", "dev"]) mkdirSync(join(root, point));
  writeFileSync(join(root, "etc/rotate/rotate.yaml"), spec, { mode: 0o644 });
  return {
    root,
    start: (argv) =>
      spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", enter, "sh", root, user, ...argv], {
        env: { ...env, PATH: process.env["PATH"] },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Sends SIGTERM to its process 1, as an engine does: `unshare`, which waits for it, passes none on. */
export function stop({ pid }: ChildProcess): void {
  const first = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  process.kill(Number(first), "SIGTERM");
}
