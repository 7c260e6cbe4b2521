/** Builds what is published: the bundle, the licences of what is in it, the schemas. */
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle, licencesOf } from "./bundle.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

rmSync(at("../dist"), { recursive: true, force: true });
const metafile = await bundle(at("../dist"));
writeFileSync(at("../dist/LICENSES.txt"), licencesOf(metafile));
if (existsSync(at("../../../schemas"))) cpSync(at("../../../schemas"), at("../schemas"), { recursive: true });
