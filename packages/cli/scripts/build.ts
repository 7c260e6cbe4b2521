/** Builds what is published: the bundle, the licences of what is in it, the schemas. */
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle, licencesOf } from "./bundle.ts";
import { faultsOfBundle } from "./check-bundle.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

rmSync(at("../dist"), { recursive: true, force: true });
const metafile = await bundle(at("../dist"));
const faults = await faultsOfBundle(metafile, at(".."));
if (faults.length > 0) throw new Error(`the bundle is not what the sources are:\n${faults.join("\n")}`);
writeFileSync(at("../dist/LICENSES.txt"), licencesOf(metafile));
if (existsSync(at("../../../schemas"))) cpSync(at("../../../schemas"), at("../schemas"), { recursive: true });
