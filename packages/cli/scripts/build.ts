/** Builds what is published: the bundle, the licences of what is in it, the schemas, the docs. */
import { cpSync, lstatSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, licencesOf } from "./bundle.ts";
import { faultsOfBundle } from "./check-bundle.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Only pages, specs, examples and schemas: the quickstart, once run, leaves its key and its credential among them. */
function isPublished(path: string): boolean {
  const name = basename(path);
  return (
    !name.startsWith(".") &&
    (lstatSync(path).isDirectory() || /\.(md|yaml|json|py|sh|ts|go|mod|gitignore)$|^LICENSE$/.test(name))
  );
}

function copyFromTop(name: string): void {
  rmSync(at(`../${name}`), { recursive: true, force: true });
  cpSync(at(`../../../${name}`), at(`../${name}`), { recursive: true, filter: isPublished });
}

rmSync(at("../dist"), { recursive: true, force: true });
const metafile = await bundle(at("../dist"));
const faults = await faultsOfBundle(metafile, at(".."));
if (faults.length > 0) throw new Error(`the bundle is not what the sources are:\n${faults.join("\n")}`);
writeFileSync(at("../dist/LICENSES.txt"), licencesOf(metafile));
["schemas", "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"].forEach(copyFromTop);
