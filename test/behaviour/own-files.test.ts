import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { openScene, type Scene, specWith } from "./support.ts";

/** Commands are found by way of a `cp` that leaves a line. */
function withCountedCp({ path }: Scene): { readonly PATH: string } {
  mkdirSync(path("bin"));
  const real = "/bin/cp";
  writeFileSync(path("bin", "cp"), `#!/bin/sh\necho cp >> '${path("copied")}'\nexec ${real} "$@"\n`, { mode: 0o755 });
  return { PATH: `${path("bin")}:${process.env["PATH"]}` };
}

test.skipIf(process.platform !== "linux")(
  "a file that an earlier run made is replaced without asking for its attributes, until somebody touches it",
  async () => {
    const scene = await openScene({ spec: specWith("", "path: made.env") });
    const env = withCountedCp(scene);
    const copies = (): string => (existsSync(scene.path("copied")) ? readFileSync(scene.path("copied"), "utf8") : "");
    for (const argv of [["run"], ["run", "--force"], ["run", "--force"]])
      expect((await scene.rotate(argv, { env })).code).toBe(0);
    expect(scene.double.mints).toHaveLength(3);
    expect(copies()).toBe("");
    await setTimeout(20); // a change in the same tick of the kernel's clock has the same time
    chmodSync(scene.path("made.env"), 0o640);
    expect((await scene.rotate(["run", "--force"], { env })).code).toBe(0);
    expect(copies()).toContain("cp");
  },
);
