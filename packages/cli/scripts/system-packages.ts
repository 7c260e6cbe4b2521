/** Makes a deb and an rpm of the executable, with its manual pages, completions, a unit and /etc/rotate, by nfpm (https://nfpm.goreleaser.com). */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What goes into the packages. */
export interface SystemPackages {
  readonly executable: string;
  /** The folder of the built package, as it is installed: its version, manual pages and licences. */
  readonly from: string;
  /** The folder that the packages are written to. */
  readonly output: string;
  /** As Go names it. Default: of this machine. */
  readonly arch?: string;
}

const formats = ["deb", "rpm"] as const;
const unit = fileURLToPath(new URL("../../../docs/deploy/packages/rotate@.service", import.meta.url));

/** Where each shell looks for the completions of programs. */
const completions = {
  bash: "/usr/share/bash-completion/completions/rotate",
  zsh: "/usr/share/zsh/vendor-completions/_rotate",
  fish: "/usr/share/fish/vendor_completions.d/rotate.fish",
} as const;

/** What the executable is linked to, by the names that each family has for it. */
const libraries = {
  deb: ["libc6 (>= 2.28)", "libstdc++6", "libgcc-s1", "libatomic1"],
  rpm: ["glibc >= 2.28", "libstdc++", "libgcc", "libatomic"],
} as const;

/** Gives the paths of the packages. Throws what nfpm says, and when there is none. */
export function makeSystemPackages({ executable, from, output, arch }: SystemPackages): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "rotate-packages-"));
  mkdirSync(output, { recursive: true });
  try {
    const made = Object.entries(completions).map(([shell, dst]) => {
      const src = join(folder, shell);
      writeFileSync(src, execFileSync(executable, ["completion", shell], { env: { HOME: folder } }));
      return { src, dst, file_info: { mode: 0o644 } };
    });
    const config = join(folder, "nfpm.json");
    writeFileSync(
      config,
      JSON.stringify({ ...about(from, arch), contents: [...contentsOf(executable, from), ...made] }),
    );
    return formats.map((packager) => pack(packager, { config, output }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function about(from: string, arch = goArch()): object {
  const { version, description, license } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Readonly<
    Record<"version" | "description" | "license", string>
  >;
  const overrides = Object.fromEntries(formats.map((format) => [format, { depends: libraries[format] }]));
  return { name: "rotate", arch, version, description, license, maintainer: "rotate", section: "admin", overrides };
}

function goArch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

function contentsOf(executable: string, from: string): readonly object[] {
  const readable = { file_info: { mode: 0o644 } };
  const pages = readdirSync(join(from, "man")).map((page) => ({
    src: join(from, "man", page),
    dst: `/usr/share/man/man1/${page}`,
    ...readable,
  }));
  return [
    { src: executable, dst: "/usr/bin/rotate", file_info: { mode: 0o755 } },
    { src: unit, dst: "/usr/lib/systemd/system/rotate@.service", ...readable },
    { src: join(from, "LICENSE"), dst: "/usr/share/doc/rotate/copyright", ...readable },
    { src: join(from, "dist/LICENSES.txt"), dst: "/usr/share/doc/rotate/LICENSES.txt", ...readable },
    { src: join(from, "schemas/rotate.v1.schema.json"), dst: "/usr/share/rotate/rotate.v1.schema.json", ...readable },
    { dst: "/etc/rotate", type: "dir", file_info: { mode: 0o755 } },
    ...pages,
  ];
}

function pack(packager: string, { config, output }: { readonly config: string; readonly output: string }): string {
  const argv = ["package", "--config", config, "--packager", packager, "--target", output];
  const said = execFileSync("nfpm", argv, { encoding: "utf8" });
  return /created package: (.+)/.exec(said)?.[1] ?? output;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      from: { type: "string" },
      output: { type: "string", short: "o", default: "." },
      arch: { type: "string" },
    },
  });
  const [executable] = positionals;
  if (executable === undefined) throw new Error("give the executable");
  const from = resolve(values.from ?? fileURLToPath(new URL("..", import.meta.url)));
  const { arch } = values;
  const given = { executable: resolve(executable), from, output: resolve(values.output) };
  const made = makeSystemPackages(arch === undefined ? given : { ...given, arch });
  process.stdout.write(`${made.join("\n")}\n`);
}
