/** etcd and Kubernetes, compiled once from the Go module proxy: versions in `kubernetes/go.mod`, hashes in `kubernetes/go.sum`. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/workspace.ts";
import { say } from "./support.ts";

const recipe = join(import.meta.dirname, "kubernetes");
const version = "v1.36.3";

/** By program, its package. */
const packages = {
  etcd: "go.etcd.io/etcd/server/v3",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
} as const;

export type Program = keyof typeof packages;

function folder(): string {
  const hash = createHash("sha256")
    .update(readFileSync(join(recipe, "go.mod")))
    .digest("hex");
  return join(root, ".cache/test-tools", `kubernetes-${hash.slice(0, 16)}`);
}

export function programPath(name: Program): string {
  return join(folder(), name);
}

/** Programs that are not there yet. */
export function lacking(): readonly Program[] {
  return (Object.keys(packages) as Program[]).filter((name) => !existsSync(programPath(name)));
}

/** Compiles what is lacking, one package at a time: about 40 minutes beside other work, 20 alone. Throws when Go is missing or a module is not what was pinned. */
export function compile(): void {
  mkdirSync(folder(), { recursive: true });
  const stamp = `-X k8s.io/component-base/version.gitVersion=${version}`;
  for (const name of lacking()) {
    say(`compiling ${name}`);
    const draft = `${programPath(name)}.draft`;
    const argv = [
      "build",
      "-p=1",
      "-mod=readonly",
      "-trimpath",
      `-ldflags=-s -w ${stamp}`,
      "-o",
      draft,
      packages[name],
    ];
    const { status, error } = spawnSync("go", argv, { cwd: recipe, stdio: "inherit" });
    if (status !== 0) throw new Error(`go could not build ${packages[name]}`, { cause: error });
    renameSync(draft, programPath(name));
  }
}
