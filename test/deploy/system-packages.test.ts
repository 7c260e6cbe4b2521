/** The deb and the rpm, as far as their own tools tell what is in them. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeSystemPackages } from "../../packages/cli/scripts/system-packages.ts";
import { packedCommandLine } from "../support/packed.ts";
import { root } from "../support/workspace.ts";
import { executableIn } from "./container.ts";

const lacking = ["nfpm", "dpkg-deb"].find((program) => spawnSync(program, ["--version"]).status !== 0);

test.skipIf(lacking)(
  `a deb holds the executable, its pages, completions and unit, and what is unpacked runs${lacking ? ` (no ${lacking} is installed)` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "rotate-deb-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const from = packedCommandLine().installed;
    const [deb = "", rpm = ""] = makeSystemPackages({ executable: executableIn(folder), from, output: folder });
    expect([deb, rpm]).toEqual([expect.stringMatching(/\.deb$/), expect.stringMatching(/\.rpm$/)]);
    execFileSync("dpkg-deb", ["--extract", deb, join(folder, "root")]);
    const files = execFileSync("dpkg-deb", ["--contents", deb], { encoding: "utf8" });
    for (const path of [
      "./usr/bin/rotate",
      "./etc/rotate/",
      "./usr/share/man/man1/rotate-run.1",
      "./usr/share/bash-completion/completions/rotate",
      "./usr/share/zsh/vendor-completions/_rotate",
      "./usr/share/fish/vendor_completions.d/rotate.fish",
      "./usr/lib/systemd/system/rotate@.service",
      "./usr/share/rotate/rotate.v1.schema.json",
    ])
      expect(files).toContain(path);
    const said = spawnSync(join(folder, "root/usr/bin/rotate"), ["--version"], { env: { HOME: folder } });
    expect(String(said.stdout)).toMatch(/^@rotate\/cli\/\d/);
  },
);

const analyze =
  spawnSync("systemd-analyze", ["--version"]).status === 0 ? undefined : "no systemd-analyze is installed";

test.skipIf(analyze)(`the unit of the packages is one that systemd takes${analyze ? ` (${analyze})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "rotate-unit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const unit = join(folder, "rotate@app.service");
  const text = readFileSync(join(root, "docs/deploy/packages/rotate@.service"), "utf8");
  writeFileSync(unit, text.replaceAll("/usr/bin/rotate", process.execPath));
  const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" });
  expect(stderr.split("\n").filter((line) => line.includes("rotate@app"))).toEqual([]);
});
